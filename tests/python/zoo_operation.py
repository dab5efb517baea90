"""Operations of `keras.ops` that are nodes of a graph."""
