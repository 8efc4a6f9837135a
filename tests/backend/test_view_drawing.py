"""Strokes as a view shows them, and the picture that is made of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import views
from contrapposto.backend.errors import InputError
from contrapposto.backend.frames import inner_to_camera
from contrapposto.backend.view_drawing import PicturePlane, ViewOfRegion, draw_lines

pytest.importorskip("cv2")
coordinate = st.floats(-3.0, 3.0)
place = st.tuples(coordinate, coordinate, coordinate).map(np.array)
WINDOWS = {
    "perspective": views.perspective(),
    "shifted": views.perspective(focal=2.5, shift=(0.3, -0.2)),
    "orthographic": views.orthographic(),
}


def view_of(window="perspective", *, eye=(4.0, -5.0, 2.0)):
    return ViewOfRegion(views.looking(eye, (0.0, 0.0, 1.0)), WINDOWS[window], views.WIDTH, views.HEIGHT)


@given(place, st.sampled_from(sorted(WINDOWS)))
def test_what_is_shown_at_a_point_s_pixel_is_that_point(point, window):
    view = view_of(window, eye=(9.0, -9.0, 4.0))
    pixel = view.pixels(point[None])[0]
    np.testing.assert_allclose(view.point_at(pixel, depth_of=point), point, atol=1e-9)


@given(place)
def test_the_camera_projects_as_the_view_does(point):
    for window in ("perspective", "shifted"):
        view = view_of(window, eye=(9.0, -9.0, 4.0))
        seen = view.seen(point[None])
        np.testing.assert_allclose(
            view.camera().project(inner_to_camera(seen))[0], view.pixels(point[None])[0], atol=2e-3
        )


def test_an_orthographic_view_has_no_camera_and_the_picture_one_far_away():
    view = view_of("orthographic")
    assert view.is_orthographic
    assert view.camera() is None
    picture = draw_lines(
        [np.array([[100.0, 100.0], [300.0, 500.0]])] * 2, ViewOfRegion(view.view, view.window, 900, 700)
    )
    height, width = picture.pixels.shape[:2]
    assert picture.camera.fx > 10.0 * height
    assert (picture.camera.cx, picture.camera.cy) == (width / 2.0, height / 2.0)


def test_the_axes_are_what_the_view_has_right_up_and_behind():
    view = view_of()
    np.testing.assert_allclose(view.axes.T @ view.axes, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(view.axes, view.view[:3, :3].T, atol=1e-12)


def test_what_is_behind_the_viewer_is_cut_out_of_a_line():
    view = view_of(eye=(0.0, -5.0, 1.0))
    line = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 1.0], [0.0, -9.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    pieces = list(view.lines(line))
    assert [len(piece) for piece in pieces] == [2, 2]
    assert list(view.lines(line[2:3])) == []


def test_ink_is_where_the_lines_are():
    lines = [np.array([[120.0, 80.0], [400.0, 300.0]]), np.array([[400.0, 80.0], [400.0, 300.0]])]
    picture = draw_lines(lines, view_of())
    ink = np.argwhere(picture.pixels[..., 0] < 128)[:, ::-1] + 0.5
    region = picture.to_region(ink)
    np.testing.assert_allclose(region.min(axis=0), (120.0, 80.0), atol=3.0)
    np.testing.assert_allclose(region.max(axis=0), (400.0, 300.0), atol=3.0)
    ends = (np.array([120.0, 80.0]) - [picture.left, picture.top]) * picture.scale
    assert picture.pixels[int(ends[1]), int(ends[0]), 0] < 128
    edge = np.concatenate([picture.pixels[:40].ravel(), picture.pixels[:, :40].ravel()])
    assert (edge == 255).all(), "there is paper all around"


@pytest.mark.parametrize(
    "lines", [[], [np.zeros((1, 2))], [np.full((9, 2), 50.0)], [np.array([[1.0, 1.0], [3.0, 3.0]])]]
)
def test_what_is_too_little_is_refused(lines):
    with pytest.raises(InputError, match="show no figure in this view"):
        draw_lines(lines, view_of())


def test_a_view_that_is_none_is_refused():
    with pytest.raises(InputError, match="not invertible"):
        ViewOfRegion(np.zeros((4, 4)), views.perspective(), 100, 100)
    with pytest.raises(InputError, match="size in pixels"):
        ViewOfRegion(np.eye(4), views.perspective(), 0, 100)


@pytest.mark.parametrize("window", WINDOWS)
def test_a_picture_lies_on_its_plane_where_it_was_drawn(window):
    view = view_of(window)
    picture = draw_lines([np.array([[120.0, 80.0], [400.0, 300.0]])] * 2, view)
    plane = PicturePlane.of(picture, view, depth_of=np.array([0.2, 0.1, 0.9]))
    shown = plane.shown_in(view)
    for place in ((0.0, 0.0), (31.0, 250.0), (-20.0, 400.0)):
        x, y = picture.to_region(np.array(place))
        assert shown.to_region(place) == pytest.approx((x, view.height - y), abs=1e-6)
        assert shown.to_picture(shown.to_region(place)) == pytest.approx(place, abs=1e-6)
    np.testing.assert_allclose(np.cross(plane.down, plane.right) @ view.axes[:, 2], np.linalg.norm(plane.right) ** 2)


def test_another_view_shows_the_plane_where_it_shows_the_world():
    view, other = view_of(), view_of(eye=(2.0, -5.0, 2.0))
    picture = draw_lines([np.array([[120.0, 80.0], [400.0, 300.0]])] * 2, view)
    plane = PicturePlane.of(picture, view, depth_of=np.zeros(3))
    place = (50.0, 260.0)
    x, y = other.pixels((plane.corner + place[0] * plane.right + place[1] * plane.down)[None])[0]
    assert plane.shown_in(other).to_region(place) == pytest.approx((x, other.height - y), abs=1e-6)
    assert plane.faces(view)
    assert not plane.faces(other)


def test_a_plane_that_is_seen_edge_on_is_not_shown():
    view = view_of("orthographic", eye=(0.0, -5.0, 1.0))
    picture = draw_lines([np.array([[120.0, 80.0], [400.0, 300.0]])] * 2, view)
    plane = PicturePlane.of(picture, view, depth_of=np.zeros(3))
    edge = view_of("orthographic", eye=(5.0, 0.0, 1.0))
    assert plane.shown_in(edge) is None


def test_a_mirrored_plane_keeps_one_column():
    view = view_of()
    picture = draw_lines([np.array([[120.0, 80.0], [400.0, 300.0]])] * 2, view)
    plane = PicturePlane.of(picture, view, depth_of=np.zeros(3))
    shown, mirrored = (each.shown_in(view) for each in (plane, plane.mirrored(90.0)))
    assert mirrored.to_region((90.0, 33.0)) == pytest.approx(shown.to_region((90.0, 33.0)))
    assert mirrored.to_region((100.0, 33.0)) == pytest.approx(shown.to_region((80.0, 33.0)))
