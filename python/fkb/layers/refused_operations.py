"""Operations of `keras.ops` that FKB does not take, each with the reason and a way out."""

from __future__ import annotations

_MIXES = "mixes the samples of a batch: "
_ALGEBRA = (
    "is linear algebra that FKB does not compute: do it before the model, or write a registered "
    "layer"
)
_LAYER = "is a layer's work here: use the layer {0}, whose weights are trained and saved"
_COMPLEX = "works on complex numbers, which FKB has not: keep real and imaginary parts apart"
_NESTED = "runs functions of Python, which are not in the model's file: write them out as nodes"
_INDICES = "counts or searches what depends on the values: do it before the model"

#: What is wrong with an operation, a sentence whose subject is the operation, by its class.
REFUSED_OPERATIONS: dict[str, str] = {
    "Outer": _MIXES + 'it flattens it too; einsum("bi,bj->bij", x, y) has the products of a sample',
    "Vdot": _MIXES + "use sum(x * y, axis=-1)",
    "Ravel": _MIXES + "use reshape(x, (-1, n)), or Flatten",
    "Vstack": _MIXES + "use concatenate or stack along another axis",
    "Vsplit": _MIXES + "use split along another axis",
    "Flipud": _MIXES + "use flip along another axis",
    "Diag": _MIXES + "use x[:, :, None] * eye for matrices, diagonal for diagonals",
    "Meshgrid": _MIXES + "use tile, or broadcasting",
    "Corrcoef": _MIXES + "compute it from mean and matmul of a sample",
    "AllClose": _MIXES + "use all(isclose(x, y), axis=...)",
    "Conv": _LAYER.format("Conv1D, Conv2D or Conv3D"),
    "DepthwiseConv": _LAYER.format("DepthwiseConv1D or DepthwiseConv2D"),
    "SeparableConv": _LAYER.format("SeparableConv1D or SeparableConv2D"),
    "ConvTranspose": _LAYER.format("Conv1DTranspose, Conv2DTranspose or Conv3DTranspose"),
    "BatchNorm": _LAYER.format("BatchNormalization"),
    "LayerNorm": _LAYER.format("LayerNormalization"),
    "RMSNorm": _LAYER.format("RMSNormalization"),
    "DotProductAttention": _LAYER.format("MultiHeadAttention or Attention"),
    "MaxPool": _LAYER.format("MaxPooling1D, MaxPooling2D or MaxPooling3D"),
    "AveragePool": _LAYER.format("AveragePooling1D, AveragePooling2D or AveragePooling3D"),
    "MultiHot": _LAYER.format("CategoryEncoding"),
    "Resize": _LAYER.format("Resizing"),
    "CropImages": _LAYER.format("Cropping2D"),
    "PadImages": _LAYER.format("ZeroPadding2D"),
    **dict.fromkeys(
        (
            *("Cholesky", "CholeskyInverse", "Det", "Slogdet", "Logdet", "Eig", "Eigh", "Inv"),
            *("Pinv", "LuFactor", "Qr", "SVD", "Solve", "SolveTriangular", "Lstsq", "MatrixRank"),
        ),
        _ALGEBRA,
    ),
    **dict.fromkeys(
        ("Angle", "Imag", "ViewAsComplex", "ViewAsReal", "Polar", "FFT", "FFT2", "IFFT2", "RFFT"),
        _COMPLEX,
    ),
    **dict.fromkeys(("IRFFT", "STFT", "ISTFT"), _COMPLEX),
    **dict.fromkeys(
        (
            *("Map", "Scan", "AssociativeScan", "Switch", "WhileLoop", "ForiLoop", "Cond"),
            "VectorizedMap",
        ),
        _NESTED,
    ),
    **dict.fromkeys(
        (
            *("Nonzero", "Unique", "Bincount", "Histogram", "SearchSorted", "Digitize", "IsIn"),
            *("SegmentSum", "SegmentMax", "SegmentMin", "SegmentProd", "Argpartition"),
        ),
        _INDICES,
    ),
}
