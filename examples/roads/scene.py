"""Aerial pictures out of a random number generator: fields, woods, rivers, roads, houses, shadows.

A pixel is about one and a half metres wide. What makes roads hard to find is all there: rivers,
canals and grey roofs of their colour, tracks in fields, trees and shadows that hide them, earth
roads that look like the fields about them, noise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
# Fields: meadow, crop, straw, ploughed earth, maize, heath.
FIELDS = [
    (116, 138, 78),
    (92, 122, 66),
    (188, 172, 118),
    (150, 122, 92),
    (74, 104, 54),
    (140, 132, 96),
]
ASPHALT, CONCRETE, EARTH = (128, 128, 130), (172, 168, 160), (178, 158, 124)
WATER = [(98, 112, 108), (122, 124, 120), (84, 100, 92)]
ROOFS = [
    (164, 88, 66),
    (148, 74, 58),
    (128, 128, 130),
    (118, 116, 120),
    (196, 192, 184),
    (110, 84, 70),
]
SUN = np.array([0.8, 0.6])  # shadows fall to the right and down


@dataclass
class Scene:
    """A picture in the making."""

    size: int
    rng: np.random.Generator
    colour: Array = field(init=False)  # (row, column, 3), levels
    road: Array = field(init=False)  # distance to the nearest road's border, negative on it
    taken: NDArray[np.bool_] = field(init=False)  # by houses and water

    def __post_init__(self) -> None:
        self.colour = np.zeros((self.size, self.size, 3))
        self.road = np.full((self.size, self.size), 1e3)
        self.taken = np.zeros((self.size, self.size), bool)

    def window(self, centre: Array, reach: float) -> tuple[slice, slice] | None:
        """Return the part of the picture about a point (x, y), if there is one."""
        low = np.maximum(np.floor(centre - reach), 0).astype(int)
        high = np.minimum(np.ceil(centre + reach) + 1, self.size).astype(int)
        if np.any(high <= low):
            return None
        return slice(low[1], high[1]), slice(low[0], high[0])

    def offsets(self, window: tuple[slice, slice], centre: Array) -> tuple[Array, Array]:
        """Return x and y of the pixels of a window from a point."""
        y, x = np.mgrid[window]
        return x - centre[0], y - centre[1]


def smooth_noise(rng: np.random.Generator, size: int, scale: int) -> Array:
    """Return a smooth random field of mean 0 and deviation of about 1."""
    cells = size // scale + 3
    grid = rng.normal(size=(cells, cells))
    place = np.arange(size) / scale + rng.uniform()
    low = place.astype(int)
    part = place - low
    part = part * part * (3 - 2 * part)
    rows = grid[low] * (1 - part)[:, None] + grid[low + 1] * part[:, None]
    return np.asarray(rows[:, low] * (1 - part) + rows[:, low + 1] * part)


def paint_fields(scene: Scene) -> Array:
    """Cover the ground with fields; return how far each pixel is from a border of fields."""
    rng, size = scene.rng, scene.size
    count = max(6, round(size * size / 9000))
    seeds = rng.uniform(-20, size + 20, (count, 2))
    turn = rng.uniform(0, np.pi)
    y, x = np.mgrid[:size, :size] + 3 * smooth_noise(rng, size, 24)
    across = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    across *= np.array([[1.0], [1.9]])
    pixels, seeds = np.stack([x, y], -1) @ across.T, seeds @ across.T
    nearest, second = np.full((size, size), 1e9), np.full((size, size), 1e9)
    which = np.zeros((size, size), int)
    for number, seed in enumerate(seeds):
        distance = np.hypot(*(pixels - seed).transpose(2, 0, 1))
        closer = distance < nearest
        second = np.where(closer, nearest, np.minimum(second, distance))
        which[closer] = number
        nearest = np.where(closer, distance, nearest)
    for number in range(count):
        inside = which == number
        kind = rng.integers(len(FIELDS))
        angle = turn + rng.choice([0, np.pi / 2]) + rng.normal(0, 0.06)
        stripes = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / rng.uniform(3, 7))
        shade = 1 + rng.normal(0, 0.07) + rng.uniform(0, 0.07) * stripes
        tracks = (x * np.cos(angle) + y * np.sin(angle)) % rng.uniform(14, 24) < 1.3
        shade = shade + (0.16 if rng.uniform() < 0.4 else 0.0) * tracks
        scene.colour[inside] = (np.array(FIELDS[kind]) * shade[..., None])[inside]
    scene.colour *= 1 + 0.06 * smooth_noise(rng, size, 9)[..., None]
    return np.asarray(second - nearest)


def walk(scene: Scene, start: Array, heading: float, bend: float, length: float) -> list[Array]:
    """Return the points of a line that bends at random until it leaves the picture."""
    points, turn, off = [start], 0.0, 0.0
    for _ in range(int(length / 8)):
        turn = 0.8 * turn + scene.rng.normal(0, bend)
        off = 0.95 * off + turn  # it comes back to where it was heading
        points.append(points[-1] + 8 * np.array([np.cos(heading + off), np.sin(heading + off)]))
        if np.any(points[-1] < -30) or np.any(points[-1] > scene.size + 30):
            break
    return points


def distance_to(scene: Scene, points: list[Array], reach: float) -> Array:
    """Return how far each pixel is from a line, where it is nearer than `reach`."""
    result = np.full((scene.size, scene.size), 1e3)
    for begin, end in pairwise(points):
        middle, along = (begin + end) / 2, end - begin
        window = scene.window(middle, reach + np.hypot(*along) / 2 + 1)
        if window is None:
            continue
        x, y = scene.offsets(window, begin)
        part = np.clip((x * along[0] + y * along[1]) / max(along @ along, 1e-9), 0, 1)
        distance = np.hypot(x - part * along[0], y - part * along[1])
        result[window] = np.minimum(result[window], distance)
    return result


def border_start(scene: Scene) -> tuple[Array, float]:
    """Return a point on the border and a heading that leads inwards."""
    side = scene.rng.integers(4)
    place = scene.rng.uniform(0.1, 0.9) * scene.size
    heading = side * np.pi / 2 + scene.rng.normal(0, 0.35)
    corner = [
        (-10.0, place),
        (place, -10.0),
        (scene.size + 10.0, place),
        (place, scene.size + 10.0),
    ]
    return np.array(corner[side]), float(heading)


def paint_water(scene: Scene) -> None:
    """Draw a river that winds, and sometimes a straight canal as wide and grey as a road."""
    rng = scene.rng
    for kind in range(2):
        if rng.uniform() < (0.75, 0.6)[kind] * min(1.0, scene.size / 384):
            start, heading = border_start(scene)
            points = walk(scene, start, heading, (0.09, 0.012)[kind], 3 * scene.size)
            half = (rng.uniform(4.5, 9), rng.uniform(3.0, 4.6))[kind]
            distance = distance_to(scene, points, half + 8)
            distance += (0.9 - 0.6 * kind) * smooth_noise(rng, scene.size, 12)
            bank = distance < half + 2.2
            scene.colour[bank] *= 0.78
            water = distance < half
            tint = np.array(WATER[rng.integers(len(WATER))])
            ripple = 1 + 0.035 * smooth_noise(rng, scene.size, 4)
            scene.colour[water] = (tint * ripple[..., None])[water]
            scene.taken |= bank


def paint_road(scene: Scene, points: list[Array], half: float, tint: tuple[int, int, int]) -> None:
    """Draw a road over what is there."""
    rng = scene.rng
    distance = distance_to(scene, points, half + 14)
    distance = distance + (0.55 if tint == EARTH else 0.12) * smooth_noise(rng, scene.size, 7)
    verge = distance < half + 1.6
    scene.colour[verge] = 0.55 * scene.colour[verge] + 0.45 * np.array((128, 130, 92))
    on = distance < half
    shade = 1 + rng.normal(0, 0.06) + 0.05 * smooth_noise(rng, scene.size, 10)
    scene.colour[on] = (np.array(tint) * shade[..., None])[on]
    if half > 3.6:
        scene.colour[distance < 0.6] += 26
    scene.road = np.minimum(scene.road, distance - half)


def plan_roads(scene: Scene) -> list[tuple[list[Array], float, tuple[int, int, int]]]:
    """Return the roads, minor ones first: points, half width, colour."""
    rng, size = scene.rng, scene.size
    mains = []
    for _ in range(max(1, round(size / 220))):
        start, heading = border_start(scene)
        mains.append(walk(scene, start, heading, 0.022, 3 * size))
    roads: list[tuple[list[Array], float, tuple[int, int, int]]] = []
    inner = [p for line in mains for p in line if np.all(p > 0) and np.all(p < size)]
    for _ in range(round(size / 45)):  # lanes that leave the main roads
        start = inner[rng.integers(len(inner))] if inner else border_start(scene)[0]
        line = walk(scene, start, rng.uniform(0, 2 * np.pi), 0.035, rng.uniform(0.25, 0.8) * size)
        tint = (ASPHALT, EARTH, CONCRETE)[rng.choice(3, p=[0.45, 0.4, 0.15])]
        roads.append((line, rng.uniform(2.4, 3.2), tint))
    for _ in range(max(1, round(size / 256))):  # villages: streets at right angles
        middle = inner[rng.integers(len(inner))] if inner else rng.uniform(0, size, 2)
        turn, pitch = rng.uniform(0, np.pi), rng.uniform(38, 56)
        reach = rng.uniform(60, 110)
        for axis in range(2):
            u = np.array([np.cos(turn + axis * np.pi / 2), np.sin(turn + axis * np.pi / 2)])
            v = np.array([-u[1], u[0]])
            for k in np.arange(-reach, reach + 1, pitch * (1 + 0.3 * axis)):
                ends = middle + k * v - reach * u, middle + k * v + reach * u
                roads.append(([*ends], rng.uniform(2.3, 3.0), ASPHALT))
    return roads + [(line, rng.uniform(4.0, 5.2), ASPHALT) for line in mains]


def paint_house(scene: Scene, centre: Array, turn: float, halves: Array, tint: Array) -> bool:
    """Draw a house with a ridge and its shadow, unless something is in the way."""
    window = scene.window(centre, float(np.hypot(*halves)) + 9)
    if window is None:
        return False
    x, y = scene.offsets(window, centre)
    u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    roof = (np.abs(u) < halves[0]) & (np.abs(v) < halves[1])
    if np.any(scene.road[window][roof] < 1.5) or np.any(scene.taken[window][roof]):
        return False
    height = scene.rng.uniform(2.5, 5)
    x, y = x - SUN[0] * height, y - SUN[1] * height
    us, vs = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    shadow = (np.abs(us) < halves[0]) & (np.abs(vs) < halves[1]) & ~scene.taken[window]
    scene.colour[window][shadow] *= 0.55
    lit = 1 + 0.13 * np.sign(v * np.cos(turn) - u * np.sin(turn))
    scene.colour[window][roof] = (tint * lit[..., None])[roof]
    scene.taken[window] |= roof
    return True


def paint_houses(
    scene: Scene, roads: list[tuple[list[Array], float, tuple[int, int, int]]]
) -> None:
    """Draw houses along village streets and some roads, and long grey sheds in the fields."""
    rng = scene.rng
    for points, half, _ in roads:
        often = 0.75 if len(points) == 2 else 0.12
        for begin, end in pairwise(points):
            along = (end - begin) / max(np.hypot(*(end - begin)), 1e-9)
            for place in np.arange(6, np.hypot(*(end - begin)) + 5, 15 if len(points) == 2 else 8):
                for side in (-1, 1):
                    if rng.uniform() > often:
                        continue
                    away = half + rng.uniform(6.5, 10)
                    centre = begin + place * along + side * away * np.array([-along[1], along[0]])
                    turn = np.arctan2(along[1], along[0]) + rng.normal(0, 0.06)
                    tint = np.array(ROOFS[rng.integers(len(ROOFS))]) * (1 + rng.normal(0, 0.06))
                    paint_house(scene, centre, turn, rng.uniform([3.6, 2.8], [6, 4.2]), tint)
    for _ in range(round(scene.size**2 / 22000)):
        tint = np.array(ASPHALT) * (1 + rng.normal(0, 0.07))
        halves = np.array([rng.uniform(14, 30), rng.uniform(2.8, 4.5)])
        centre, turn = rng.uniform(0, scene.size, 2), rng.uniform(0, np.pi)
        for _ in range(rng.integers(1, 4)):
            paint_house(scene, centre, turn, halves, tint)
            centre = centre + 15 * np.array([-np.sin(turn), np.cos(turn)])


def paint_tree(scene: Scene, centre: Array, radius: float) -> None:
    """Draw a tree and its shadow, over anything."""
    window = scene.window(centre, radius + 7)
    if window is None:
        return
    x, y = scene.offsets(window, centre)
    x_s, y_s = x - SUN[0] * 1.4 * radius, y - SUN[1] * 1.4 * radius
    scene.colour[window][np.hypot(x_s, y_s) < radius] *= 0.62
    crown = np.hypot(x, y) < radius
    light = 1 - 0.28 * (x * SUN[0] + y * SUN[1]) / radius
    tint = np.array((62, 88, 46)) * scene.rng.uniform(0.8, 1.15)
    scene.colour[window][crown] = (tint * light[..., None])[crown]


def paint_trees(scene: Scene, borders: Array) -> None:
    """Draw woods, hedges between fields, trees along roads and alone."""
    rng, size = scene.rng, scene.size
    wood = smooth_noise(rng, size, 70) > 1.25
    hedge = (borders < 3) & (smooth_noise(rng, size, 40) > 0.35)
    beside = (scene.road > 1.5) & (scene.road < 5) & (smooth_noise(rng, size, 30) > 0.7)
    chance = 0.035 * wood + 0.03 * hedge + 0.022 * beside + 0.0009
    chance[(scene.road < 1.5) | scene.taken] = 0
    rows, columns = np.nonzero(rng.uniform(size=(size, size)) < chance)
    for row, column in zip(rows, columns, strict=True):
        paint_tree(scene, np.array([column, row], float), rng.uniform(1.8, 3.8))


def make_scene(seed: int, size: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return a picture (row, column, 3) and its mask (row, column), 255 where there is a road."""
    scene = Scene(size, np.random.default_rng(seed))
    borders = paint_fields(scene)
    paint_water(scene)
    roads = plan_roads(scene)
    for points, half, tint in roads:
        paint_road(scene, points, half, tint)
    scene.taken &= scene.road > 1  # bridges
    paint_houses(scene, roads)
    paint_trees(scene, borders)
    light = 1 + 0.07 * smooth_noise(scene.rng, size, 160)
    picture = scene.colour * light[..., None]
    for axis in (0, 1):  # the lens: 1/4, 1/2, 1/4
        picture = (np.roll(picture, 1, axis) + 2 * picture + np.roll(picture, -1, axis)) / 4
    picture += scene.rng.normal(0, 5, (size, size, 1)) + scene.rng.normal(0, 4, picture.shape)
    mask = np.where(scene.road < 0, 255, 0)
    return np.clip(np.round(picture), 0, 255).astype(np.uint8), mask.astype(np.uint8)
