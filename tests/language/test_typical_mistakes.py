"""Typical mistakes of a person who reviews safety and writes a suite: an edit of one working suite, and what is said of it.

The first reading has to mend it: the place is where the mistake is, what is advised holds the numbers that were written or none,
and no list of names is longer than a glance.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from writing import make_project

from robustcheck.core.errors import SuiteError
from robustcheck.language import load_suite

Answer = Callable[[str, str], str]

MODELS = """
signs-robot:
  kind: python
  factory: "tiny:build"
  classes: [stop, yield, turn_left, turn_right, straight_ahead, roundabout, no_entry, speed_30, speed_50, speed_80,
    no_overtaking, priority_road, pedestrian_crossing, road_works]
  input: {size: 32, resize: 32}
"""
SUITE = """\
# what must hold on the car
robustcheck: 1

title: Stop signs
model: signs-robot
data: signs-test
owner: perception
expect:
  class_accuracy: {stop: ">= 95%"}
  confusion: {stop: {turn_left: "<= 0%"}}
  drop: "<= 5pp"
checks:
  - id: tilted
    compose:
      - {shift: camera.yaw, yaw: [-5deg, 5deg]}
      - {shift: light.low_light, lux: 30lux}
      - {shift: camera.pitch, pitch: 12deg}
  - id: dusk
    shift: light.low_light
    lux: 10lux
  - id: rain
    shift: weather.rain
    intensity: heavy
  - id: blur
    shift: camera.motion_blur
    length: [4px, 8px]
  - id: worst
    worst_of: camera.view
    yaw: -5deg..5deg
    expect: {accuracy: ">= 50%"}
  - id: sticker
    attack: patch
    area: 5%
    expect: {robust_accuracy: ">= 40%", drop: null, class_accuracy: null, confusion: null}
  - id: bounded
    attack: pgd
    norm: linf
    eps: 4/255
    expect: {robust_accuracy: ">= 10%"}
waivers:
  - {case: "dusk*", reason: new camera, owner: perception, expires: 2030-01-01}
"""

# (what is replaced, by what, what is said: nothing of an edit that is right)
EDITS = [
    ("pitch: 12deg", "pitch: 12", "17:38: RC203 pitch needs a unit (angle in degrees); write 12deg"),
    ("pitch: 12deg", "pitch: 12°", "17:38: RC201 pitch must be a number with the unit deg (angle in degrees), not the text 12°; write 12deg"),
    ("pitch: 12deg", "pitch: 12 degrees", "17:38: RC204 pitch is measured in deg, not degrees; write 12deg"),
    ("pitch: 12deg", "pitch: 12 deg", ""),
    ("pitch: 12deg", "pitch: 0.2rad", "17:38: RC204 pitch is measured in deg, not rad; write 11.459deg"),
    ("lux: 10lux", "lux: 10lx", "20:10: RC204 lux is measured in lux, not lx; write 10lux"),
    ("checks:", "cheks:", "12:1: RC105 cheks is no key of a suite; did you mean checks?"),
    ("intensity:", "intesity:", "23:5: RC305 weather.rain has no parameter intesity; did you mean intensity?"),
    ("weather.rain", "wether.rain", "22:12: RC301 there is no shift wether.rain; did you mean weather.rain?"),
    ("shift: weather.rain", "shift: rain", "22:12: RC301 there is no shift rain; did you mean weather.rain?"),
    ('{stop: ">= 95%"}', '{stop: ">= 95"}', '9:26: RC402 class_accuracy of stop needs the unit %; write ">= 95%"'),
    ('{stop: ">= 95%"}', "{stop: >= 95%}", '9:26: RC101 this is not YAML: found character that cannot start any token while scanning for the next token; write it in quotes: ">= 95%"'),
    ('{stop: ">= 95%"}', "{stop: 95}", '9:26: RC401 class_accuracy of stop needs a comparison and a number, not the number 95; write ">= 95%"'),
    ('{stop: ">= 95%"}', "{stop: 95%}", '9:26: RC401 class_accuracy of stop needs a comparison and a number, not the text 95%; write ">= 95%"'),
    ('{stop: ">= 95%"}', '{stop: "≥ 95%"}', '9:26: RC401 ≥ is no comparison; write ">= 95%"'),
    ('{stop: ">= 95%"}', '{stop: "=> 95%"}', '9:26: RC401 => is no comparison; write ">= 95%"'),
    ('{stop: ">= 95%"}', '{stop: "<= 95%"}', 'note: 9:26: class_accuracy of stop "<= 95%" is easier for a worse model; was >= meant?'),
    ('drop: "<= 5pp"', 'drop: ">= 5pp"', 'note: 11:9: drop ">= 5pp" is easier for a worse model; was <= meant?'),
    ('drop: "<= 5pp"', 'drop: "<= 5%"', '11:9: RC402 drop is measured in pp, not in %; write "<= 5pp"'),
    ('drop: "<= 5pp"', 'drop: "<= 0.05"', '11:9: RC402 drop needs the unit pp; write "<= 5pp" or "<= 0.05pp"'),
    ("pitch: 12deg", "pitch: 12,5deg", "17:41: RC109 pitch: a comma ends a value between braces; write 12.5deg"),
    ("    lux: 10lux", "\tlux: 10lux", "20:1: RC101 this is not YAML: found a tab character that violates indentation while scanning a plain scalar; indent with spaces, not tabs"),
    ("    lux: 10lux", "   \tlux: 10lux", "20:4: RC101 this is not YAML: found a tab character that violates indentation while scanning a plain scalar; indent with spaces, not tabs"),
    ("    lux: 10lux", "     lux: 10lux", "20:6: RC101 this is not YAML: this line begins further to the right than line 19; begin it in column 5, as that one"),
    ("    lux: 10lux", "   lux: 10lux", "20:4: RC101 this is not YAML: no line above it begins in column 4; begin it in column 5, as the keys beside it"),
    ('{stop: ">= 95%"}', "{stop: “>= 95%”}", '9:26: RC401 class_accuracy of stop needs a comparison and a number, not the text “>= 95%”; write ">= 95%"'),
    ('{stop: ">= 95%"}', '{stop: ">= 95%}', '9:26: RC101 this is not YAML: the quote " is not closed in this line; write " behind the text'),
    ('{stop: ">= 95%"}', '{Stop: ">= 95%"}', "9:20: RC303 the model signs-robot has no class Stop; did you mean stop?"),
    ('{stop: ">= 95%"}', '{stop_sign: ">= 95%"}', "9:20: RC303 the model signs-robot has no class stop_sign; did you mean stop?"),
    ('{turn_left: "<= 0%"}', '{turn: "<= 0%"}', "10:22: RC303 the model signs-robot has no class turn; did you mean turn_left or turn_right?"),
    ('{stop: {turn_left: "<= 0%"}}', '[stop, turn_left, "<= 1%"]', '10:14: RC404 confusion needs two classes; write {stop: {turn_left: "<= 1%"}}'),
    ('{stop: ">= 95%"}', '{stop: ">= 195%"}', '9:26: RC403 ">= 195%" cannot be reached; class_accuracy of stop lies between 0% and 100%'),
    ("pitch: 12deg", "pitch: -12deg to 12deg", "17:38: RC206 pitch cannot be -12deg to 12deg; write the list [-12deg, 12deg], or worst_of instead of shift to search -12deg..12deg"),
    ("pitch: 12deg", "pitch: -12deg..12deg", "17:38: RC206 pitch cannot be a range here; write a list of values, or worst_of instead of shift to search the range of pitch"),
    ("pitch: 12deg", "pitch: -12deg, 12deg", "17:46: RC109 pitch: a comma ends a value between braces; write a list in brackets: [-12deg, 12deg]"),
    ("attack: patch", "shift: patch", "32:12: RC301 patch is an attack: write attack: patch; among the shifts there is occlude.patch"),
    ('{stop: ">= 95%"}', '{stop: ">= 95pp"}', '9:26: RC402 class_accuracy of stop is measured in %, not in pp; write ">= 95%"'),
    ('{stop: ">= 95%"}', '{stop:">= 95%"}', '9:20: RC109 stop:">= 95%" has no value: there is no blank after its colon; write stop: ">= 95%"'),
    ("title: Stop", "title:Stop", "4:1: RC101 this is not YAML: could not find expected ':' while scanning a simple key; write title: Stop signs, with a blank after the colon"),
    ("model: signs-robot", "model: my-model", "5:8: RC304 there is no model my-model in configs/models.yaml; known: signs-robot"),
    ("robustcheck: 1\n", "", "3:1: RC106 a suite needs robustcheck; write robustcheck: 1, the version of the language"),
    ("id: rain", "id: dusk", "21:5: RC307 the id dusk is already used in line 18; give one of them an id of its own"),
    ("id: rain", "id: heavy rain", ""),
    ("id: rain", "id: Dämmerung", ""),
    ("lux: 10lux", "lux: 10lux\n    tier: nightly", "21:11: RC202 tier cannot be nightly; known: smoke, standard, thorough"),
    ("pitch: 12deg", "pitch: 12º", "17:38: RC201 pitch must be a number with the unit deg (angle in degrees), not the text 12º; write 12deg"),
    ("pitch: 12deg", 'pitch: "12°"', "17:38: RC201 pitch must be a number with the unit deg (angle in degrees), not the text 12°; write 12deg"),
    ("pitch: 12deg", "pitch: 12 Grad", "17:38: RC204 pitch is measured in deg, not Grad"),
    ("pitch: 12deg", "pitch: 12 rad", "17:38: RC204 pitch is measured in deg, not rad; write 687.55deg"),
    ("pitch: 12deg", "pitch: 0,2rad", "17:40: RC109 pitch: a comma ends a value between braces; write 11.459deg"),
    ("pitch: 12deg", 'pitch: "0.2 radians"', "17:38: RC204 pitch is measured in deg, not radians; write 11.459deg"),
    ("pitch: 12deg", "pitch: ±12deg", "17:38: RC206 pitch cannot be ±12deg; write the list [-12deg, 12deg], or worst_of instead of shift to search -12deg..12deg"),
    ("pitch: 12deg", "pitch: +-12deg", "17:38: RC206 pitch cannot be +-12deg; write the list [-12deg, 12deg], or worst_of instead of shift to search -12deg..12deg"),
    ("pitch: 12deg", "pitch: +/-12deg", "17:38: RC206 pitch cannot be +/-12deg; write the list [-12deg, 12deg], or worst_of instead of shift to search -12deg..12deg"),
    ("pitch: 12deg", 'pitch: "+/- 12°"', "17:38: RC206 pitch cannot be +/- 12°; write the list [-12deg, 12deg], or worst_of instead of shift to search -12deg..12deg"),
    ("pitch: 12deg", "pitch: -12..12", "17:38: RC206 pitch cannot be a range here; write a list of values, or worst_of instead of shift to search the range of pitch"),
    ("pitch: 12deg", "pitch: -12deg-12deg", "17:38: RC206 pitch cannot be -12deg-12deg; write the list [-12deg, 12deg], or worst_of instead of shift to search -12deg..12deg"),
    ("pitch: 12deg", "pitch: 12deg-15deg", "17:38: RC206 pitch cannot be 12deg-15deg; write a list of values, or worst_of instead of shift to search 12deg..15deg"),
    ("pitch: 12deg", "pitch: -12deg … 12deg", "17:38: RC206 pitch cannot be -12deg … 12deg; write the list [-12deg, 12deg], or worst_of instead of shift to search -12deg..12deg"),
    ("pitch: 12deg", "pitch: [-12deg..12deg]", "17:39: RC206 pitch cannot be a range here; write a list of values, or worst_of instead of shift to search the range of pitch"),
    ("pitch: 12deg", "pitch: (-12deg, 12deg)", "17:47: RC109 pitch: a comma ends a value between braces; write a list in brackets: [-12deg, 12deg]"),
    ("pitch: 12deg", "pitch: [−12deg, 12deg]", "17:39: RC201 pitch must be a number with the unit deg (angle in degrees), not the text −12deg; write -12deg"),
    ("pitch: 12deg", "pitch: [-12, 12]deg", "17:47: RC101 this is not YAML: did not find expected ',' or '}' while parsing a flow mapping; write the unit behind each value: [-12deg, 12deg]"),
    ("pitch: 12deg", "pitch: [-12, 12] deg", "17:48: RC101 this is not YAML: did not find expected ',' or '}' while parsing a flow mapping; write the unit behind each value: [-12deg, 12deg]"),
    ("pitch: 12deg", "pitch: [-12deg 12deg]", "17:39: RC206 pitch cannot be -12deg 12deg; write -12deg, 12deg"),
    ("pitch: 12deg", "pitch: [-12deg; 12deg]", "17:39: RC206 pitch cannot be -12deg; 12deg; write -12deg, 12deg"),
    ("pitch: 12deg", "pitch: 12deg.", "17:38: RC201 pitch must be a number with the unit deg (angle in degrees), not the text 12deg.; write 12deg"),
    ("pitch: 12deg", "pitch: 12Deg", "17:38: RC204 pitch is measured in deg, not Deg; write 12deg"),
    ("pitch: 12deg", "pitch: 12 DEG", "17:38: RC204 pitch is measured in deg, not DEG; write 12deg"),
    ("pitch: 12deg", "pitch: 12DEG", "17:38: RC204 pitch is measured in deg, not DEG; write 12deg"),
    ("pitch: 12deg", "pitch: 12dge", "17:38: RC204 pitch is measured in deg, not dge"),
    ("pitch: 12deg", "pitch: 12 dg", "17:38: RC204 pitch is measured in deg, not dg"),
    ("pitch: 12deg", "pitch: 1,2e1deg", "17:40: RC109 pitch: a comma ends a value between braces; write 1.2e1deg"),
    ("pitch: 12deg", "pitch: 1e1deg", ""),
    ("pitch: 12deg", "pitch: 12 px", "17:38: RC204 pitch is measured in deg, not px"),
    ("pitch: 12deg", "pitch: 12%", "17:38: RC204 pitch is measured in deg, not %"),
    ("pitch: 12deg", "pitch: about 12deg", "17:38: RC201 pitch must be a number with the unit deg (angle in degrees), not the text about 12deg"),
    ("pitch: 12deg", "pitch: ~12deg", "17:38: RC201 pitch must be a number with the unit deg (angle in degrees), not the text ~12deg"),
    ("pitch: 12deg", "pitch: up to 12deg", "17:38: RC201 pitch must be a number with the unit deg (angle in degrees), not the text up to 12deg"),
    ("pitch: 12deg", 'pitch: "<= 12deg"', "17:38: RC201 pitch must be a number with the unit deg (angle in degrees), not the text <= 12deg"),
    ("pitch: 12deg", "pitch: max 12deg", "17:38: RC201 pitch must be a number with the unit deg (angle in degrees), not the text max 12deg"),
    ("pitch: 12deg", "pitch: twelve degrees", "17:38: RC201 pitch must be a number with the unit deg (angle in degrees), not the text twelve degrees"),
    ("pitch: 12deg", "pitch: 12deg 30arcmin", "17:38: RC201 pitch must be a number with the unit deg (angle in degrees), not the text 12deg 30arcmin"),
    ("pitch: 12deg", "pitch: 1.2.3deg", "17:38: RC201 pitch must be a number with the unit deg (angle in degrees), not the text 1.2.3deg"),
    ("pitch: 12deg", "pitch: 12 ' deg", "17:38: RC201 pitch must be a number with the unit deg (angle in degrees), not the text 12 ' deg"),
    ("pitch: 12deg", "Pitch: 12deg", "17:31: RC305 camera.pitch has no parameter Pitch; did you mean pitch?"),
    ("pitch: 12deg", "angle: 12deg", "17:31: RC305 camera.pitch has no parameter angle; did you mean pitch?"),
    ("pitch: 12deg", "tilt: 12deg", "17:31: RC305 camera.pitch has no parameter tilt; did you mean pitch?"),
    ("pitch: 12deg", "pitch = 12deg", "17:31: RC109 pitch = 12deg has no value; write pitch: 12deg"),
    ("pitch: 12deg", "pitch:12deg", "17:31: RC109 pitch:12deg has no value: there is no blank after its colon; write pitch: 12deg"),
    ("pitch: 12deg", "pitch: 120deg", "17:38: RC205 pitch must be between -60deg and 60deg, not 120deg"),
    ("pitch: 12deg", "pitch: pi/15", "17:38: RC201 pitch must be a number with the unit deg (angle in degrees), not the text pi/15"),
    ("lux: 10lux", "lux: 10", "20:10: RC203 lux needs a unit (illuminance in lux); write 10lux"),
    ("lux: 10lux", "lux: 10 Lux", "20:10: RC204 lux is measured in lux, not Lux; write 10lux"),
    ("lux: 10lux", "lux: 0.01klx", "20:10: RC204 lux is measured in lux, not klx; write 10lux"),
    ("lux: 10lux", "lux: 10lumen", "20:10: RC204 lux is measured in lux, not lumen"),
    ("lux: 10lux", "lux: 10 lm", "20:10: RC204 lux is measured in lux, not lm"),
    ("lux: 10lux", "lux: 10.000lux", ""),
    ("lux: 10lux", "lux: 10,000lux", "20:10: RC201 lux must be a number with the unit lux (illuminance in lux), not the text 10,000lux"),
    ("lux: 10lux", "lux: 1,000,000lux", "20:10: RC201 lux must be a number with the unit lux (illuminance in lux), not the text 1,000,000lux; write 1000000lux"),
    ("lux: 10lux", "lux: dark", "20:10: RC201 lux must be a number with the unit lux (illuminance in lux), not the text dark"),
    ("lux: 10lux", "lux: 10lux, 3lux", "20:10: RC206 lux cannot be 10lux, 3lux; write a list in brackets: [10lux, 3lux]"),
    ("lux: 10lux", 'lux: "10lux, 3lux"', "20:10: RC206 lux cannot be 10lux, 3lux; write a list in brackets: [10lux, 3lux]"),
    ("lux: 10lux", "lux: 10lux; 3lux", "20:10: RC206 lux cannot be 10lux; 3lux; write a list in brackets: [10lux, 3lux]"),
    ("lux: 10lux", "lux: 10lux 3lux", "20:10: RC206 lux cannot be 10lux 3lux; write a list in brackets: [10lux, 3lux]"),
    ("lux: 10lux", "lux: 10lux and 3lux", "20:10: RC206 lux cannot be 10lux and 3lux; write a list in brackets: [10lux, 3lux]"),
    ("lux: 10lux", "lux: 10/3lux", "20:10: RC204 lux is measured in lux, not /3lux"),
    ("lux: 10lux", "lux: 3-10lux", "20:10: RC206 lux cannot be 3-10lux; write a list of values, or worst_of instead of shift to search 3lux..10lux"),
    ("lux: 10lux", "lux 10lux", "20:5: RC101 this is not YAML: could not find expected ':' while scanning a simple key; write lux: 10lux, with a colon"),
    ("lux: 10lux", "lux=10lux", "20:5: RC101 this is not YAML: could not find expected ':' while scanning a simple key; write lux: 10lux, with a colon"),
    ("lux: 10lux", "lux:\n      - 10lux\n      3lux", "22:7: RC101 this is not YAML: could not find expected ':' while scanning a simple key; begin an entry of a list with - and a blank, or write a key and a colon"),
    ("lux: 10lux", "lux: 10lux # dark\n\n   id2: x", "22:4: RC101 this is not YAML: no line above it begins in column 4; begin it in column 5, as the keys beside it"),
    ("length: [4px, 8px]", "length: [4, 8]", "26:14: RC203 length needs a unit (pixels of the model's input or share, in percent); write 4px or 4%\n26:17: RC203 length needs a unit (pixels of the model's input or share, in percent); write 8px or 8%"),
    ("length: [4px, 8px]", "length: 4x8px", "26:13: RC201 length must be a number with the unit px (pixels of the model's input) or % (share, in percent), not the text 4x8px"),
    ("length: [4px, 8px]", "length: 4×8px", "26:13: RC201 length must be a number with the unit px (pixels of the model's input) or % (share, in percent), not the text 4×8px"),
    ("length: [4px, 8px]", "length: 4 pixels", "26:13: RC204 length is measured in px or %, not pixels; write 4px"),
    ("length: [4px, 8px]", "length: 5 percent", "26:13: RC204 length is measured in px or %, not percent; write 5%"),
    ("length: [4px, 8px]", "length: [4px, 8px", "26:13: RC101 this is not YAML: the bracket [ is not closed; write ] behind its last entry"),
    ("length: [4px, 8px]", "length: 4px, 8px]", "26:13: RC206 length cannot be 4px, 8px]; write a list in brackets: [4px, 8px]"),
    ("length: [4px, 8px]", "length: {4px, 8px}", "26:14: RC109 4px has no value; write it without braces, or a list in brackets: [4px, ...]\n26:19: RC109 8px has no value; put it into the list in brackets too"),
    ("intensity: heavy", "intensity: strong", "23:16: RC202 intensity cannot be strong; known: heavy, light, moderate"),
    ("intensity: heavy", "intensity: Heavy", "23:16: RC202 intensity cannot be Heavy; did you mean heavy?"),
    ("intensity: heavy", "intensity: 3", "23:16: RC202 intensity cannot be 3; known: heavy, light, moderate"),
    ("intensity: heavy", "intensity: hevay", "23:16: RC202 intensity cannot be hevay; did you mean heavy?"),
    ("intensity: heavy", "intensity: 50mm", "23:16: RC202 intensity cannot be 50mm; known: heavy, light, moderate"),
    ("intensity: heavy", "intensity: [light; heavy]", "23:17: RC206 intensity cannot be light; heavy; write light, heavy"),
    ("area: 5%", "area: 0.05", "33:11: RC203 area needs a unit (share, in percent); write 5% or 0.05%"),
    ("area: 5%", "area: 5", "33:11: RC203 area needs a unit (share, in percent); write 5%"),
    ("area: 5%", "area: 5 percent", "33:11: RC204 area is measured in %, not percent; write 5%"),
    ("area: 5%", "area: 5,5%", "33:11: RC201 area must be a number with the unit % (share, in percent), not the text 5,5%; write 5.5%"),
    ("area: 5%", "area: 10x10", "33:11: RC201 area must be a number with the unit % (share, in percent), not the text 10x10"),
    ("area: 5%", "area: 10×10px", "33:11: RC201 area must be a number with the unit % (share, in percent), not the text 10×10px"),
    ("area: 5%", "size: 5%", "33:5: RC305 patch has no parameter size; did you mean area?"),
    ("eps: 4/255", "eps: 4", "38:10: RC508 eps of 4 holds every picture there is: in linf no two are further apart than 1; write 4/255"),
    ("eps: 4/255", "eps: 0.0157", ""),
    ("eps: 4/255", "eps: 0,0157", "38:10: RC201 eps must be a number with the unit /255 (grey levels of 8-bit pictures), not the text 0,0157; write 0.0157"),
    ("eps: 4/255", "eps: 4/256", "38:10: RC204 eps is measured in /255 or a plain number, not /256"),
    ("eps: 4/255", "eps: 4 / 255", "38:10: RC201 eps must be a number with the unit /255 (grey levels of 8-bit pictures), not the text 4 / 255; write 4/255"),
    ("eps: 4/255", 'eps: "4/255"', ""),
    ("eps: 4/255", "eps: 4\\\\255", "38:10: RC201 eps must be a number with the unit /255 (grey levels of 8-bit pictures), not the text 4\\\\255"),
    ("eps: 4/255", "eps: 4⁄255", "38:10: RC201 eps must be a number with the unit /255 (grey levels of 8-bit pictures), not the text 4⁄255; write 4/255"),
    ("eps: 4/255", "eps: 1.57%", "38:10: RC204 eps is measured in /255 or a plain number, not %; write 0.0157"),
    ("eps: 4/255", "eps: 4 grey levels", "38:10: RC201 eps must be a number with the unit /255 (grey levels of 8-bit pictures), not the text 4 grey levels; write 4/255"),
    ("eps: 4/255", "epsilon: 4/255", "38:5: RC305 pgd has no parameter epsilon; did you mean eps?"),
    ("eps: 4/255", "eps: 8/255 # twice", ""),
    ("norm: linf", "norm: Linf", "37:11: RC202 norm cannot be Linf; did you mean linf?"),
    ("norm: linf", "norm: l∞", "37:11: RC202 norm cannot be l∞; did you mean linf?"),
    ("norm: linf", "norm: L2", "37:11: RC202 norm cannot be L2; did you mean l2?"),
    ("norm: linf", "norm: inf", "37:11: RC202 norm cannot be inf; did you mean linf?"),
    ("norm: linf", "norm: infinity", "37:11: RC202 norm cannot be infinity; known: l1, l2, linf"),
    ("norm: linf", "norm: .inf", "37:11: RC202 norm cannot be .inf; did you mean linf?"),
    ("attack: pgd", "attack: PGD", "36:13: RC301 there is no attack PGD; did you mean pgd?"),
    ("attack: pgd", "attack: fgsm", ""),
    ("attack: pgd", "attack: pgd-40", "36:13: RC301 there is no attack pgd-40; known: pgd"),
    ("attack: pgd", "attack: autoattack", ""),
    ("attack: pgd", "attack: AutoAttack", "36:13: RC301 there is no attack AutoAttack; did you mean autoattack?"),
    ('{stop: ">= 95%"}', "{stop: at least 95%}", '9:26: RC401 class_accuracy of stop needs a comparison and a number, not the text at least 95%; write ">= 95%"'),
    ('{stop: ">= 95%"}', '{stop: "at least 95"}', '9:26: RC401 class_accuracy of stop needs a comparison and a number, not the text at least 95; write ">= 95%"'),
    ('{stop: ">= 95%"}', '{stop: ">= 0.95"}', '9:26: RC402 class_accuracy of stop needs the unit %; write ">= 95%"'),
    ('{stop: ">= 95%"}', '{stop: ">= 99,5%"}', '9:26: RC401 class_accuracy of stop: 99,5% is no number; write ">= 99.5%"'),
    ('{stop: ">= 95%"}', '{stop: ">= 99.5 %"}', ""),
    ('{stop: ">= 95%"}', '{stop: ">= 95 percent"}', '9:26: RC402 class_accuracy of stop is measured in %, not in percent; write ">= 95%"'),
    ('{stop: ">= 95%"}', '{stop: ">= 95 Prozent"}', '9:26: RC402 class_accuracy of stop is measured in %, not in Prozent; write ">= 95%"'),
    ('{stop: ">= 95%"}', "{stop: '>= 95%'}", ""),
    ('{stop: ">= 95%"}', "{stop: ‘>= 95%’}", '9:26: RC401 class_accuracy of stop needs a comparison and a number, not the text ‘>= 95%’; write ">= 95%"'),
    ('{stop: ">= 95%"}', "{stop: „>= 95%“}", '9:26: RC401 class_accuracy of stop needs a comparison and a number, not the text „>= 95%“; write ">= 95%"'),
    ('{stop: ">= 95%"}', "{stop: «>= 95%»}", '9:26: RC401 class_accuracy of stop needs a comparison and a number, not the text «>= 95%»; write ">= 95%"'),
    ('{stop: ">= 95%"}', "{stop: `>= 95%`}", '9:26: RC101 this is not YAML: found character that cannot start any token while scanning for the next token; write it in quotes: ">= 95%"'),
    ('{stop: ">= 95%"}', '{stop: "95% or more"}', '9:26: RC401 class_accuracy of stop needs a comparison and a number, not the text 95% or more; write ">= 95%"'),
    ('{stop: ">= 95%"}', '{stop: "over 95%"}', '9:26: RC401 class_accuracy of stop needs a comparison and a number, not the text over 95%; write "> 95%"'),
    ('{stop: ">= 95%"}', '{stop: "> 95%"}', ""),
    ('{stop: ">= 95%"}', "{stop: > 95%}", '9:26: RC101 this is not YAML: found character that cannot start any token while scanning for the next token; write it in quotes: "> 95%"'),
    ('{stop: ">= 95%"}', "{stop: = 95%}", '9:26: RC401 = is no comparison; write ">= 95%"'),
    ('{stop: ">= 95%"}', '{stop: "== 95%"}', '9:26: RC401 == is no comparison; write ">= 95%"'),
    ('{stop: ">= 95%"}', '{stop: "95-100%"}', '9:26: RC401 class_accuracy of stop needs a comparison and a number, not the text 95-100%; write it as ">= N%"'),
    ('{stop: ">= 95%"}', '{stop: "95% - 100%"}', '9:26: RC401 class_accuracy of stop needs a comparison and a number, not the text 95% - 100%; write it as ">= N%"'),
    ('{stop: ">= 95%"}', '{stop: "95% .. 100%"}', '9:26: RC401 class_accuracy of stop needs a comparison and a number, not the text 95% .. 100%; write it as ">= N%"'),
    ('{stop: ">= 95%"}', '{stop: "95..100%"}', '9:26: RC401 class_accuracy of stop needs a comparison and a number, not the text 95..100%; write it as ">= N%"'),
    ('{stop: ">= 95%"}', '{stop: ">= 95% +- 1%"}', '9:26: RC401 class_accuracy of stop: 95% +- 1% is no number; write it as ">= N%"'),
    ('{stop: ">= 95%"}', '{stop: "~95%"}', '9:26: RC401 class_accuracy of stop needs a comparison and a number, not the text ~95%; write it as ">= N%"'),
    ('{stop: ">= 95%"}', '{stop: "≈ 95%"}', '9:26: RC401 class_accuracy of stop needs a comparison and a number, not the text ≈ 95%; write it as ">= N%"'),
    ('{stop: ">= 95%"}', '{stop: ">=95%"}', ""),
    ('{stop: ">= 95%"}', '{stop: ">= 95 %"}', ""),
    ('{stop: ">= 95%"}', '{stop: ">≥ 95%"}', '9:26: RC401 >≥ is no comparison; write it as ">= N%"'),
    ('{stop: ">= 95%"}', '{stop: ">= 95%%"}', '9:26: RC402 class_accuracy of stop is measured in %, not in %%; write it as ">= N%"'),
    ('{stop: ">= 95%"}', '{stop: ">= 95%, <= 99%"}', '9:26: RC401 class_accuracy of stop: 95%, <= 99% is no number; write it as ">= N%"'),
    ('{stop: ">= 95%"}', '{stop: ">= 95% and <= 99%"}', '9:26: RC401 class_accuracy of stop: 95% and <= 99% is no number; write it as ">= N%"'),
    ('{stop: ">= 95%"}', '{stop: ">= 950‰"}', '9:26: RC401 class_accuracy of stop: 950‰ is no number; write ">= 95%"'),
    ('{stop: ">= 95%"}', '{stop: ">= 19/20"}', '9:26: RC402 class_accuracy of stop is measured in %, not in /20; write it as ">= N%"'),
    ('{stop: ">= 95%"}', '{stop: "19 of 20"}', '9:26: RC401 class_accuracy of stop needs a comparison and a number, not the text 19 of 20; write it as ">= N%"'),
    ('{stop: ">= 95%"}', "{stop: ninety five percent}", '9:26: RC401 class_accuracy of stop needs a comparison and a number, not the text ninety five percent; write it as ">= N%"'),
    ('{stop: ">= 95%"}', '{stop: "more than 95%"}', '9:26: RC401 class_accuracy of stop needs a comparison and a number, not the text more than 95%; write "> 95%"'),
    ('{stop: ">= 95%"}', '{stop: "no more than 95%"}', '9:26: RC401 class_accuracy of stop needs a comparison and a number, not the text no more than 95%; write "<= 95%"'),
    ('{stop: ">= 95%"}', "{stop: error <= 5%}", '9:26: RC401 class_accuracy of stop needs a comparison and a number, not the text error <= 5%; write it as ">= N%"'),
    ('{stop: ">= 95%"}', '{stop: "< 5% errors"}', '9:26: RC401 class_accuracy of stop: 5% errors is no number; write it as ">= N%"'),
    ('{stop: ">= 95%"}', '{stop: ">= -95%"}', '9:26: RC403 ">= -95%" always holds, so it checks nothing; class_accuracy of stop lies between 0% and 100%'),
    ('{stop: ">= 95%"}', '{stop: ">= 100.5%"}', '9:26: RC403 ">= 100.5%" cannot be reached; class_accuracy of stop lies between 0% and 100%'),
    ('{stop: ">= 95%"}', '{stop: ">= 1,95%"}', '9:26: RC401 class_accuracy of stop: 1,95% is no number; write ">= 1.95%"'),
    ('{stop: ">= 95%"}', '{stop: ">= 95.000%"}', ""),
    ('{stop: ">= 95%"}', '{stop: ">= 1.0"}', '9:26: RC402 class_accuracy of stop needs the unit %; write ">= 1%" or ">= 100%"'),
    ('{stop: ">= 95%"}', '{stop: ">= 1"}', '9:26: RC402 class_accuracy of stop needs the unit %; write ">= 1%" or ">= 100%"'),
    ('{stop: ">= 95%"}', '{stop: [">= 95%"]}', '9:26: RC401 class_accuracy of stop must be a threshold, not a list; write ">= 95%"'),
    ('{stop: ">= 95%"}', '{"stop": ">= 95%"}', ""),
    ('{stop: ">= 95%"}', '{“stop”: ">= 95%"}', "9:20: RC303 the model signs-robot has no class “stop”; did you mean stop?"),
    ('{stop: ">= 95%"}', '{STOP: ">= 95%"}', "9:20: RC303 the model signs-robot has no class STOP; did you mean stop?"),
    ('{stop: ">= 95%"}', '{stop : ">= 95%"}', ""),
    ('{stop: ">= 95%"}', '{stop ">= 95%"}', '9:20: RC109 stop ">= 95%" has no value; write stop: ">= 95%"'),
    ('{stop: ">= 95%"}', '{stop = ">= 95%"}', '9:20: RC109 stop = ">= 95%" has no value; write stop: ">= 95%"'),
    ('{stop: ">= 95%"}', 'stop: ">= 95%"', '9:23: RC101 this is not YAML: mapping values are not allowed in this context; put it into braces: {stop: ">= 95%"}'),
    ('{stop: ">= 95%"}', "stop >= 95%", '9:19: RC404 class_accuracy needs the name of a class; write {stop: ">= 95%"}'),
    ('{stop: ">= 95%"}', '">= 95%"', '9:19: RC404 class_accuracy needs the name of a class; write {CLASS: ">= 95%"}'),
    ('{stop: ">= 95%"}', '{stop: ">= 95%" ', "9:19: RC101 this is not YAML: the bracket { is not closed; write } behind its last entry"),
    ('{stop: ">= 95%"}', '{stop: ">= 95%"}}', "9:35: RC101 this is not YAML: there is one } too many; remove it"),
    ('{stop: ">= 95%"}', '{stop: ">= 95%", stop: ">= 96%"}', "9:36: RC104 the key stop is written twice, first in line 9; keep one of them"),
    ('{stop: ">= 95%"}', '{stop: ">= 95%"; yield: ">= 95%"}', "9:34: RC101 this is not YAML: did not find expected ',' or '}' while parsing a flow mapping; write a comma between two entries, not a semicolon"),
    ('{stop: ">= 95%"}', '{stop: ">= 95%" yield: ">= 95%"}', "9:33: RC101 this is not YAML: did not find expected ',' or '}' while parsing a flow mapping; write a comma between this \" and yield"),
    ('{stop: ">= 95%"}', '{speed_60: ">= 95%"}', "9:20: RC303 the model signs-robot has no class speed_60; known: speed_80, speed_50, speed_30"),
    ('{stop: ">= 95%"}', '{speed: ">= 95%"}', "9:20: RC303 the model signs-robot has no class speed; did you mean speed_30, speed_50 or speed_80?"),
    ('{stop: ">= 95%"}', '{speed limit 30: ">= 95%"}', "9:20: RC303 the model signs-robot has no class speed limit 30; did you mean speed_30?"),
    ('{stop: ">= 95%"}', '{30: ">= 95%"}', "9:20: RC303 the model signs-robot has no class 30; did you mean speed_30?"),
    ('{stop: ">= 95%"}', '{turn-left: ">= 95%"}', "9:20: RC303 the model signs-robot has no class turn-left; did you mean turn_left?"),
    ('{stop: ">= 95%"}', '{turn left: ">= 95%"}', "9:20: RC303 the model signs-robot has no class turn left; did you mean turn_left?"),
    ('{stop: ">= 95%"}', '{left_turn: ">= 95%"}', "9:20: RC303 the model signs-robot has no class left_turn; did you mean turn_left?"),
    ('{stop: ">= 95%"}', '{bicycle: ">= 95%"}', "9:20: RC303 the model signs-robot has no class bicycle; known: no_entry, no_overtaking, pedestrian_crossing, priority_road and 10 more"),
    ('{stop: ">= 95%"}', '{Stopp: ">= 95%"}', "9:20: RC303 the model signs-robot has no class Stopp; did you mean stop?"),
    ('{stop: ">= 95%"}', '{all: ">= 95%"}', "9:20: RC303 the model signs-robot has no class all; expect worst_class_accuracy, which is that of the weakest class"),
    ('{stop: ">= 95%"}', '{"*": ">= 95%"}', "9:20: RC303 the model signs-robot has no class *; expect worst_class_accuracy, which is that of the weakest class"),
    ('{stop: ">= 95%"}', '{[stop, yield]: ">= 95%"}', "9:20: RC103 a key must be a single word, not a list or mapping; write a line for each key; quote one that begins with [ or {"),
    ('{stop: ">= 95%"}', '{0: ">= 95%"}', "9:20: RC303 the model signs-robot has no class 0; known: no_entry, no_overtaking, pedestrian_crossing, priority_road and 10 more"),
    ('drop: "<= 5pp"', 'drop: "<= 5"', '11:9: RC402 drop needs the unit pp; write "<= 5pp"'),
    ('drop: "<= 5pp"', "drop: 5pp", '11:9: RC401 drop needs a comparison and a number, not the text 5pp; write "<= 5pp"'),
    ('drop: "<= 5pp"', "drop: 5%", '11:9: RC401 drop needs a comparison and a number, not the text 5%; write "<= 5pp"'),
    ('drop: "<= 5pp"', "drop: <= 5pp", ""),
    ('drop: "<= 5pp"', "drop: at most 5pp", '11:9: RC401 drop needs a comparison and a number, not the text at most 5pp; write "<= 5pp"'),
    ('drop: "<= 5pp"', "drop: max. 5 points", '11:9: RC401 drop needs a comparison and a number, not the text max. 5 points; write "<= 5pp"'),
    ('drop: "<= 5pp"', 'drop: "≤ 5pp"', '11:9: RC401 ≤ is no comparison; write "<= 5pp"'),
    ('drop: "<= 5pp"', 'drop: "=< 5pp"', '11:9: RC401 =< is no comparison; write "<= 5pp"'),
    ('drop: "<= 5pp"', 'drop: "<= 5 %-points"', '11:9: RC401 drop: 5 %-points is no number; write "<= 5pp"'),
    ('drop: "<= 5pp"', 'drop: "<= -5pp"', ""),
    ('drop: "<= 5pp"', 'drop: "< 5pp"', ""),
    ('drop: "<= 5pp"', 'drops: "<= 5pp"', "11:3: RC302 there is no metric drops; did you mean drop?"),
    ('drop: "<= 5pp"', 'accuracy_drop: "<= 5pp"', "11:3: RC302 there is no metric accuracy_drop; did you mean drop?"),
    ('drop: "<= 5pp"', 'accuracy: "<= 5pp"', '11:13: RC402 accuracy is measured in %, not in pp; write "<= 5%"'),
    ('drop: "<= 5pp"', 'accuracy: ">= 99%, drop: <= 5pp"', '11:13: RC401 accuracy: 99%, drop: <= 5pp is no number; write it as ">= N%"'),
    ('drop: "<= 5pp"', 'top5: ">= 99%"', "11:3: RC302 there is no metric top5; did you mean top_k_accuracy?"),
    ('drop: "<= 5pp"', 'top_5_accuracy: ">= 99%"', "11:3: RC302 there is no metric top_5_accuracy; did you mean top_k_accuracy?"),
    ('drop: "<= 5pp"', 'top_k_accuracy: ">= 99%"', '11:19: RC404 top_k_accuracy needs a number of guesses; write {GUESSES: ">= 99%"}'),
    ('drop: "<= 5pp"', 'precision: {stop: ">= 99%"}', "11:3: RC302 there is no metric precision; `robustcheck list metrics` names all"),
    ('drop: "<= 5pp"', 'f1: ">= 0.9"', "11:3: RC302 there is no metric f1; `robustcheck list metrics` names all"),
    ('drop: "<= 5pp"', 'error: "<= 1%"', "11:3: RC302 there is no metric error; did you mean accuracy?"),
    ('drop: "<= 5pp"', 'error_rate: "<= 1%"', "11:3: RC302 there is no metric error_rate; did you mean accuracy?"),
    ('drop: "<= 5pp"', 'acc: ">= 90%"', "11:3: RC302 there is no metric acc; did you mean accuracy?"),
    ('drop: "<= 5pp"', 'Accuracy: ">= 90%"', "11:3: RC302 there is no metric Accuracy; did you mean accuracy?"),
    ('drop: "<= 5pp"', 'false_negatives: "<= 1%"', "11:3: RC302 there is no metric false_negatives; did you mean confusion?"),
    ('drop: "<= 5pp"', 'mAP: ">= 0.5"', "11:3: RC302 there is no metric mAP; `robustcheck list metrics` names all"),
    ('{stop: {turn_left: "<= 0%"}}', '{stop: {turn_left: "< 0%"}}', '10:33: RC403 "< 0%" cannot be reached; confusion of stop, turn_left lies between 0% and 100%'),
    ('{stop: {turn_left: "<= 0%"}}', '{stop: {turn_left: "== 0%"}}', '10:33: RC401 == is no comparison; write "<= 0%"'),
    ('{stop: {turn_left: "<= 0%"}}', '{stop: {turn_left: "= 0"}}', '10:33: RC401 = is no comparison; write "<= 0%"'),
    ('{stop: {turn_left: "<= 0%"}}', "{stop: {turn_left: never}}", '10:33: RC401 confusion of stop, turn_left needs a comparison and a number, not the text never; write it as "<= N%"'),
    ('{stop: {turn_left: "<= 0%"}}', "{stop: {turn_left: 0}}", '10:33: RC401 confusion of stop, turn_left needs a comparison and a number, not the number 0; write "<= 0%"'),
    ('{stop: {turn_left: "<= 0%"}}', "{stop: {turn_left: 0%}}", '10:33: RC401 confusion of stop, turn_left needs a comparison and a number, not the text 0%; write "<= 0%"'),
    ('{stop: {turn_left: "<= 0%"}}', "{stop: {turn_left: none}}", '10:33: RC401 confusion of stop, turn_left needs a comparison and a number, not the text none; write it as "<= N%"'),
    ('{stop: {turn_left: "<= 0%"}}', "{stop: turn_left}", '10:21: RC404 confusion of stop needs two classes; write {stop: {turn_left: "<= N%"}}'),
    ('{stop: {turn_left: "<= 0%"}}', '{stop->turn_left: "<= 0%"}', "10:15: RC303 the model signs-robot has no class stop->turn_left; write stop: {turn_left: ...}"),
    ('{stop: {turn_left: "<= 0%"}}', '{stop: {turn_left: ">= 0%"}}', '10:33: RC403 ">= 0%" always holds, so it checks nothing; confusion of stop, turn_left lies between 0% and 100%'),
    ('{stop: {turn_left: "<= 0%"}}', '{stop: {turn_left: "<= 0"}}', '10:33: RC402 confusion of stop, turn_left needs the unit %; write "<= 0%"'),
    ('{stop: {turn_left: "<= 0%"}}', '{stop, turn_left: "<= 0%"}', "10:15: RC109 stop has no value; write stop: and its value, or take the braces away"),
    ('{stop: {turn_left: "<= 0%"}}', '{stop: turn_left: "<= 0%"}', "10:30: RC101 this is not YAML: did not find expected ',' or '}' while parsing a flow mapping; put what belongs to turn_left into braces of its own"),
    ('{stop: {turn_left: "<= 0%"}}', '"stop as turn_left <= 0%"', '10:14: RC404 confusion needs two classes; write {CLASS: {CLASS: "<= N%"}}'),
    ("title: Stop signs", "title: Stop: signs", '4:12: RC101 this is not YAML: mapping values are not allowed in this context; quote text that holds a colon and a space: title: "Stop: signs"'),
    ("title: Stop signs", "tittle: Stop signs", "4:1: RC105 tittle is no key of a suite; did you mean title?"),
    ("title: Stop signs", "Title: Stop signs", "4:1: RC105 Title is no key of a suite; did you mean title?"),
    ("title: Stop signs", "title: @signs", '4:8: RC101 this is not YAML: found character that cannot start any token while scanning for the next token; write it in quotes: "@signs"'),
    ("title: Stop signs", "title: 'Stop's signs'", "4:13: RC101 this is not YAML: the text that begins in column 8 ends at this '; write it between double quotes as a whole"),
    ("title: Stop signs", "title:", "4:7: RC108 title is empty; write text, or leave the key out"),
    ("title: Stop signs", 'title: "Stop signs', '4:8: RC101 this is not YAML: the quote " is not closed in this line; write " behind the text'),
    ("title: Stop signs", "# title", "2:1: RC106 a suite needs title; write title: what the suite is about, for reports"),
    ("title: Stop signs", "title = Stop signs", "4:1: RC101 this is not YAML: could not find expected ':' while scanning a simple key; write title: Stop signs, with a colon"),
    ("title: Stop signs", " title: Stop signs", "4:2: RC101 this is not YAML: this line begins further to the right than line 2; begin it in column 1, as that one"),
    ("title: Stop signs", "titel: Stop signs", "4:1: RC105 titel is no key of a suite; did you mean title?"),
    ("model: signs-robot", "model: signs-robots", "5:8: RC304 there is no model signs-robots in configs/models.yaml; did you mean signs-robot?"),
    ("model: signs-robot", "model: signs_robot", "5:8: RC304 there is no model signs_robot in configs/models.yaml; did you mean signs-robot?"),
    ("model: signs-robot", "model: configs/models.yaml", "5:8: RC304 there is no model configs/models.yaml in configs/models.yaml; known: signs-robot"),
    ("model: signs-robot", "model: resnet50", "5:8: RC304 there is no model resnet50 in configs/models.yaml; known: signs-robot"),
    ("model: signs-robot", "modell: signs-robot", "5:1: RC105 modell is no key of a suite; did you mean model?"),
    ("model: signs-robot", "model: {signs-robot}", "5:9: RC109 signs-robot has no value; write signs-robot: and its value, or take the braces away"),
    ("model: signs-robot", "model: [signs-robot]", "5:8: RC201 model must be text, not a list; write signs-robot without brackets"),
    ("model: signs-robot", "models: signs-robot", "5:1: RC105 models is no key of a suite; did you mean model?"),
    ("data: signs-test", "data: signs", "6:7: RC304 there is no data set signs in configs/data.yaml; did you mean signs-test?"),
    ("data: signs-test", "dataset: signs-test", "6:1: RC105 dataset is no key of a suite; did you mean data?"),
    ("data: signs-test", "data: ./pictures", "6:7: RC304 there is no data set ./pictures in configs/data.yaml; known: signs-test"),
    ("robustcheck: 1", "robustcheck: 1.0", ""),
    ("robustcheck: 1", 'robustcheck: "1"', "2:14: RC111 robustcheck must be 1, the version of the language; write robustcheck: 1"),
    ("robustcheck: 1", "robustcheck: v1", "2:14: RC111 robustcheck must be 1, the version of the language; write robustcheck: 1"),
    ("robustcheck: 1", "robustcheck: 2", "2:14: RC111 robustcheck must be 1, the version of the language; a later version needs a later robustcheck"),
    ("robustcheck: 1", "robustcheck: 0.1", "2:14: RC111 robustcheck must be 1, the version of the language; write robustcheck: 1"),
    ("robustcheck: 1", "version: 1", "2:1: RC105 version is no key of a suite; did you mean robustcheck?"),
    ("robustcheck: 1", "robustchek: 1", "2:1: RC105 robustchek is no key of a suite; did you mean robustcheck?"),
    ("robustcheck: 1", "Robustcheck: 1", "2:1: RC105 Robustcheck is no key of a suite; did you mean robustcheck?"),
    ("robustcheck: 1", "robustcheck:1", "2:1: RC101 this is not YAML: mapping values are not allowed in this context; write robustcheck: 1, with a blank after the colon"),
    ("robustcheck: 1", "robustcheck = 1", "2:1: RC101 this is not YAML: mapping values are not allowed in this context; write robustcheck: 1, with a colon"),
    ("expect:\n", "expects:\n", "8:1: RC105 expects is no key of a suite; did you mean expect?"),
    ("expect:\n", "expectations:\n", "8:1: RC105 expectations is no key of a suite; did you mean expect?"),
    ("expect:\n", "expect:", '8:24: RC101 this is not YAML: mapping values are not allowed in this context; put it into braces: {class_accuracy: {stop: ">= 95%"}}'),
    ("  - id: dusk", "  -id: dusk", "18:3: RC101 this is not YAML: did not find expected '-' indicator while parsing a block collection; write - id: dusk, with a blank after the -"),
    ("  - id: dusk", " - id: dusk", "18:2: RC101 this is not YAML: no line above it begins in column 2; begin it in column 3, as the entries of the list"),
    ("  - id: dusk", "   - id: dusk", "18:4: RC101 this is not YAML: no line above it begins in column 4; begin it in column 3, as the entries of the list"),
    ("  - id: dusk", "    id: dusk", "18:5: RC104 the key id is written twice, first in line 13; keep one of them, or begin a new entry of the list with - above it"),
    ("  - id: dusk", "- id: dusk", "18:1: RC101 this is not YAML: no line above it begins in column 1; begin it in column 3, as the entries of the list"),
    ("  - id: dusk", "  * id: dusk", "18:3: RC101 this is not YAML: did not find expected alphabetic or numeric character while scanning an alias; write - id: dusk: an entry of a list begins with - and a blank"),
    ("  - id: dusk", "  – id: dusk", "18:3: RC101 this is not YAML: did not find expected '-' indicator while parsing a block collection; write - id: dusk: an entry of a list begins with - and a blank"),
    ("  - id: dusk", "  - dusk:", "18:5: RC305 light.low_light has no parameter dusk; known: f_number, iso, lux, shutter"),
    ("  - id: dusk", "  - name: dusk", "18:5: RC305 light.low_light has no parameter name; did you mean id?"),
    ("  - id: dusk", "  - Id: dusk", "18:5: RC305 light.low_light has no parameter Id; did you mean id?"),
    ("  - id: dusk", '  - id: "dusk', '18:9: RC101 this is not YAML: the quote " is not closed in this line; write " behind the text'),
    ("    shift: weather.rain", "    shift: weather.rain(heavy)", "22:12: RC301 there is no shift weather.rain(heavy); known: weather.fog, weather.rain, weather.snow"),
    ("    shift: weather.rain", "    shift: weather.rainy", "22:12: RC301 there is no shift weather.rainy; did you mean weather.rain?"),
    ("    shift: weather.rain", "    shift: weather/rain", "22:12: RC301 there is no shift weather/rain; did you mean weather.rain?"),
    ("    shift: weather.rain", "    shift: weather:rain", "22:12: RC301 there is no shift weather:rain; did you mean weather.rain?"),
    ("    shift: weather.rain", "    shift: Weather.Rain", "22:12: RC301 there is no shift Weather.Rain; did you mean weather.rain?"),
    ("    shift: weather.rain", "    shift: weather_rain", "22:12: RC301 there is no shift weather_rain; did you mean weather.rain?"),
    ("    shift: weather.rain", '    shift: "weather.rain "', "22:12: RC301 there is no shift weather.rain ; did you mean weather.rain?"),
    ("    shift: weather.rain", "    shift: weather.snowfall", "22:12: RC301 there is no shift weather.snowfall; did you mean weather.snow?"),
    ("    shift: weather.rain", "    shift: weather", "22:12: RC301 there is no shift weather; did you mean weather.fog, weather.rain or weather.snow?"),
    ("    shift: weather.rain", "    shift: Regen", "22:12: RC301 there is no shift Regen; `robustcheck list shifts` names all"),
    ("    shift: weather.rain", "    shift: night", "22:12: RC301 there is no shift night; did you mean light.low_light?"),
    ("    shift: weather.rain", "    shift: blur", "22:12: RC301 blur is an attack: write attack: blur; among the shifts there are camera.defocus and camera.motion_blur"),
    ("    shift: weather.rain", "    shift: rotate", "22:12: RC301 there is no shift rotate; did you mean camera.roll or albumentations.Rotate?"),
    ("    shift: weather.rain", "    shift: gaussian noise", "22:12: RC301 there is no shift gaussian noise; did you mean imagenet_c.gaussian_noise?"),
    ("    shift: weather.rain", "    shift: brightness", "22:12: RC301 there is no shift brightness; did you mean imagenet_c.brightness, light.exposure or light.gamma?"),
    ("    shift: weather.rain", "    shift: contrast", "22:12: RC301 contrast is an attack: write attack: contrast; among the shifts there are imagenet_c.contrast and light.gamma"),
    ("    shift: weather.rain", "    shift: jpeg", "22:12: RC301 there is no shift jpeg; did you mean sensor.jpeg?"),
    ("    shift: weather.rain", "    shift: jpeg compression", "22:12: RC301 there is no shift jpeg compression; did you mean imagenet_c.jpeg_compression?"),
    ("    shift: weather.rain", "    shift: camera.roll5", "22:12: RC301 there is no shift camera.roll5; known: camera.roll and camera.dolly"),
    ("    shift: weather.rain", "    shift: adversarial", "22:12: RC301 there is no shift adversarial; `robustcheck list shifts` names all"),
    ("    shift: weather.rain", "    shift: noise", "22:12: RC301 noise is an attack: write attack: noise; among the shifts there is sensor.noise"),
    ("    shift: weather.rain", "    shift: zoom", "22:12: RC301 there is no shift zoom; did you mean camera.zoom or crop.center?"),
    ("    shift: weather.rain", "    shift: crop", "22:12: RC301 there is no shift crop; did you mean crop.box, crop.center, crop.corner or albumentations.Crop?"),
    ("    shift: weather.rain", "    shift: shadow", "22:12: RC301 there is no shift shadow; did you mean light.shadow?"),
    ("    shift: weather.rain", "    shift: fog", "22:12: RC301 there is no shift fog; did you mean imagenet_c.fog or weather.fog?"),
    ("    shift: weather.rain", "    shift: dirt", "22:12: RC301 there is no shift dirt; did you mean lens.dirt?"),
    ("    shift: weather.rain", "    shift: camera tilt", "22:12: RC301 there is no shift camera tilt; did you mean camera.pitch or camera.roll?"),
    ("    shift: weather.rain", "    shift: weather.rain, weather.fog", "22:12: RC501 shift names one shift, not weather.rain, weather.fog; write a check for each, or compose them"),
    ("    shift: weather.rain", "    shift: [weather.rain]", "22:12: RC201 shift must be text, not a list; write weather.rain without brackets"),
    ("    shift: weather.rain", "    shifts: weather.rain", "21:5: RC501 a check needs shift, attack, compose, combine, worst_of or find_limit; did you mean shift?"),
    ("    shift: weather.rain", "    perturbation: weather.rain", "21:5: RC501 a check needs shift, attack, compose, combine, worst_of or find_limit; write shift: and the name of a shift"),
    ("    shift: weather.rain", "    shift: weather.rain\n    severity: high", "23:15: RC202 severity cannot be high; known: error, warn"),
    ("    shift: weather.rain", "    shift: weather.rain\n    severity: warning", "23:15: RC202 severity cannot be warning; did you mean warn?"),
    ("    shift: weather.rain", "    shift: weather.rain\n    tier: fast", "23:11: RC202 tier cannot be fast; known: smoke, standard, thorough"),
    ("    shift: weather.rain", "    shift: weather.rain\n    tags: [a b, c]", ""),
    ("    shift: weather.rain", "    shift: weather.rain\n    tags: night", "23:11: RC107 tags must be a list, not the text night; write [night]"),
    ("    shift: weather.rain", "    shift: weather.rain\n    shift: weather.fog", "23:5: RC104 the key shift is written twice, first in line 22; keep one of them, or begin a new entry of the list with - above it"),
    ("    attack: patch", "    attack: sticker", "32:13: RC301 there is no attack sticker; did you mean patch?"),
    ("    attack: patch", "    attack: adversarial_patch", "32:13: RC301 there is no attack adversarial_patch; did you mean patch?"),
    ("    attack: patch", "    attacks: patch", "31:5: RC501 a check needs shift, attack, compose, combine, worst_of or find_limit; did you mean attack?"),
    ("    attack: patch", "    atack: patch", "31:5: RC501 a check needs shift, attack, compose, combine, worst_of or find_limit; did you mean attack?"),
    ("    yaw: -5deg..5deg", "    yaw: -5deg to 5deg", "29:10: RC206 yaw cannot be -5deg to 5deg; write -5deg..5deg"),
    ("    yaw: -5deg..5deg", "    yaw: 5deg..-5deg", "29:10: RC206 the range of yaw must go from a lesser to a greater value, not 5deg..-5deg; write -5deg..5deg"),
    ("    yaw: -5deg..5deg", "    yaw: -5..5deg", "29:10: RC206 yaw cannot be -5..5deg: two dots stand between two values with a unit each; write -5deg..5deg"),
    ("    yaw: -5deg..5deg", "    yaw: -5deg...5deg", "29:10: RC206 yaw cannot be -5deg...5deg: two dots stand between two values with a unit each; write -5deg..5deg"),
    ("    yaw: -5deg..5deg", "    yaw: -5deg .. 5deg", ""),
    ("    yaw: -5deg..5deg", "    yaw: -5deg – 5deg", "29:10: RC206 yaw cannot be -5deg – 5deg; write -5deg..5deg"),
    ("    yaw: -5deg..5deg", "    yaw: [-5deg, 5deg]", "28:5: RC503 worst_of needs a range to search; write yaw: -5deg..5deg"),
    ("    yaw: -5deg..5deg", "    yaw: ±5deg", "29:10: RC206 yaw cannot be ±5deg; write -5deg..5deg"),
    ("    yaw: -5deg..5deg", "    yaw: -0.1rad..0.1rad", "29:10: RC206 yaw cannot be -0.1rad..0.1rad: two dots stand between two values with a unit each; write -5.7296deg..5.7296deg"),
    ("    yaw: -5deg..5deg", "    yaw: -5°..5°", "29:10: RC206 yaw cannot be -5°..5°: two dots stand between two values with a unit each; write -5deg..5deg"),
    ("    yaw: -5deg..5deg", "    yaw: -5,5deg..5,5deg", "29:10: RC206 yaw cannot be -5,5deg..5,5deg: two dots stand between two values with a unit each; write -5.5deg..5.5deg"),
    ("    yaw: -5deg..5deg", "    yaw: -5deg:5deg", "29:10: RC201 yaw must be a number with the unit deg (angle in degrees), not the text -5deg:5deg"),
    ("    yaw: -5deg..5deg", "    yaw: -5deg..5deg\n    budget: 1e3", ""),
    ("    yaw: -5deg..5deg", "    yaw: -5deg..5deg\n    budget: 1,000", "30:13: RC201 budget must be a whole number, not the text 1,000"),
    ("    yaw: -5deg..5deg", "    yaw: -5deg..5deg\n    budget: many", "30:13: RC201 budget must be a whole number, not the text many"),
    ("expires: 2030-01-01", "expires: 01.02.2030", "41:69: RC201 expires must be a date, not the text 01.02.2030; write it as 2030-02-01"),
    ("expires: 2030-01-01", "expires: 1.1.30", "41:69: RC201 expires must be a date, not the text 1.1.30; write it as YYYY-MM-DD"),
    ("expires: 2030-01-01", "expires: 2030-13-01", "41:69: RC201 expires: there is no day 2030-13-01"),
    ("expires: 2030-01-01", "expires: never", "41:69: RC201 expires must be a date, not the text never; write it as YYYY-MM-DD"),
    ("expires: 2030-01-01", "expires: 01/02/2030", "41:69: RC201 expires must be a date, not the text 01/02/2030; write it as YYYY-MM-DD"),
    ("expires: 2030-01-01", "expires: 2030-1-1", "41:69: RC201 expires must be a date, not the text 2030-1-1; write it as 2030-01-01"),
    ("expires: 2030-01-01", "expires: 90d", "41:69: RC201 expires must be a date, not the text 90d; write it as YYYY-MM-DD"),
    ("expires: 2030-01-01", "expires: 2030", "41:69: RC201 expires must be a date, not the number 2030; write it as YYYY-MM-DD"),
    ("expires: 2030-01-01", "expire: 2030-01-01", "41:60: RC105 expire is no key of a waiver; did you mean expires?"),
    ('case: "dusk*"', "case: dusk", ""),
    ('case: "dusk*"', "case: dust", "41:12: RC306 the waiver of dust matches no case; did you mean dusk?"),
    ('case: "dusk*"', "case: *dusk", "41:12: RC103 there is no anchor &dusk above; quote text that begins with *"),
    ('case: "dusk*"', 'cases: "dusk*"', "41:6: RC105 cases is no key of a waiver; did you mean case?"),
    ('case: "dusk*"', 'case: "night*"', "41:12: RC306 the waiver of night* matches no case; known: blur[length=4px], blur[length=8px], bounded, clean and 6 more"),
    ("pitch: 12deg", "pitch: 12 deg up", "17:38: RC201 pitch must be a number with the unit deg (angle in degrees), not the text 12 deg up"),
    ("pitch: 12deg", 'pitch: "12.5°"', "17:38: RC201 pitch must be a number with the unit deg (angle in degrees), not the text 12.5°; write 12.5deg"),
    ("pitch: 12deg", "pitch: 12°30'", "17:38: RC201 pitch must be a number with the unit deg (angle in degrees), not the text 12°30'"),
    ("pitch: 12deg", "pitch: 0.2 Radiant", "17:38: RC204 pitch is measured in deg, not Radiant"),
    ("lux: 10lux", "lux: 10 lx", "20:10: RC204 lux is measured in lux, not lx; write 10lux"),
    ("lux: 10lux", "lux: ten lux", "20:10: RC201 lux must be a number with the unit lux (illuminance in lux), not the text ten lux"),
    ('drop: "<= 5pp"', 'drop: "not more than 5pp"', '11:9: RC401 drop needs a comparison and a number, not the text not more than 5pp; write "<= 5pp"'),
    ('drop: "<= 5pp"', 'drop: "<= 0,05"', '11:9: RC401 drop: 0,05 is no number; write "<= 5pp" or "<= 0.05pp"'),
    ('drop: "<= 5pp"', 'drop: "up to 5 percentage points"', '11:9: RC401 drop needs a comparison and a number, not the text up to 5 percentage points; write "<= 5pp"'),
    ('drop: "<= 5pp"', "drop: “<= 5pp”", '11:9: RC401 drop needs a comparison and a number, not the text “<= 5pp”; write "<= 5pp"'),
    ("title: Stop signs", "title: “Stop signs”", ""),
    ('  drop: "<= 5pp"', "\tdrop: \"<= 5pp\"", "11:1: RC101 this is not YAML: found character that cannot start any token while scanning for the next token; indent with spaces, not tabs"),
    ('  drop: "<= 5pp"', '   drop: "<= 5pp"', "11:4: RC101 this is not YAML: no line above it begins in column 4; begin it in column 3, as the keys beside it"),
    ('  drop: "<= 5pp"', ' drop: "<= 5pp"', "11:2: RC101 this is not YAML: no line above it begins in column 2; begin it in column 3, as the keys beside it"),
    ('  drop: "<= 5pp"', 'drop "<= 5pp"', "11:1: RC101 this is not YAML: could not find expected ':' while scanning a simple key; write drop: \"<= 5pp\", with a colon"),
    ("  - id: dusk", "- - id: dusk", "18:1: RC101 this is not YAML: no line above it begins in column 1; begin it in column 3, as the entries of the list"),
    ("  - id: dusk", "  -\tid: dusk", "18:4: RC101 this is not YAML: found character that cannot start any token while scanning for the next token; write blanks, not tabs"),
    ("  - id: dusk", "  - id dusk", "18:3: RC101 this is not YAML: mapping values are not allowed in this context; write id: dusk, with a colon"),
    ('{stop: ">= 95%"}', '{stop: ">= 95%", }', ""),
    ('{stop: ">= 95%"}', '{stop: ">= 95%",, yield: ">= 95%"}', "9:35: RC101 this is not YAML: did not find expected node content while parsing a flow node; remove one of the two commas"),
    ('{stop: ">= 95%"}', '[stop: ">= 95%"]', '9:19: RC404 class_accuracy needs the name of a class; write {CLASS: ">= N%"}'),
    ('{stop: ">= 95%"}', '(stop: ">= 95%")', "9:34: RC101 this is not YAML: mapping values are not allowed in this context; write braces { } or brackets [ ], not parentheses"),
    ('{stop: ">= 95%"}', '{stop; ">= 95%"}', '9:20: RC109 stop; ">= 95%" has no value; write stop: ">= 95%"'),
    ('{stop: ">= 95%"}', '{stop: ">= 95%]', '9:26: RC101 this is not YAML: the quote " is not closed in this line; write " behind the text'),
    ('{stop: ">= 95%"}', '{stop: ">= 95%"]', "9:19: RC101 this is not YAML: this { is closed by ]; write } instead"),
    ('{stop: ">= 95%"}', "{stop: \">= 95%'}", '9:26: RC101 this is not YAML: the quote " is not closed in this line; write " behind the text'),
    ('{stop: ">= 95%"}', "{stop: >=95%}", '9:26: RC101 this is not YAML: found character that cannot start any token while scanning for the next token; write it in quotes: ">=95%"'),
    ('{stop: ">= 95%"}', "{stop: ≥95%}", '9:26: RC401 ≥ is no comparison; write ">= 95%"'),
    ('{stop: ">= 95%"}', "{stop: min 95%}", '9:26: RC401 class_accuracy of stop needs a comparison and a number, not the text min 95%; write ">= 95%"'),
    ('{stop: ">= 95%"}', "{stop: minimum of 95%}", '9:26: RC401 class_accuracy of stop needs a comparison and a number, not the text minimum of 95%; write ">= 95%"'),
    ('{stop: ">= 95%"}', '{stop: "95"}', '9:26: RC401 class_accuracy of stop needs a comparison and a number, not the text 95; write ">= 95%"'),
    ('{stop: ">= 95%"}', "{stop: true}", '9:26: RC401 class_accuracy of stop needs a comparison and a number, not the boolean true; write it as ">= N%"'),
    ('{stop: ">= 95%"}', '{stop: ">= ninety%"}', '9:26: RC401 class_accuracy of stop: ninety% is no number; write it as ">= N%"'),
    ('{stop: ">= 95%"}', '{stop: ">= 95°"}', '9:26: RC401 class_accuracy of stop: 95° is no number; write it as ">= N%"'),
    ("checks:\n", "checks\n", "12:1: RC101 this is not YAML: could not find expected ':' while scanning a simple key; write checks: with a colon"),
    ("checks:\n", "checks:\n\n\n#  x\n", ""),
    ("area: 5%", "area: 5 %", ""),
    ("area: 5%", "area: 5pct", "33:11: RC204 area is measured in %, not pct; write 5%"),
    ("area: 5%", "area: 5,0 %", "33:11: RC201 area must be a number with the unit % (share, in percent), not the text 5,0 %; write 5%"),
    ("intensity: heavy", 'intensity: "heavy', '23:16: RC101 this is not YAML: the quote " is not closed in this line; write " behind the text'),
    ("intensity: heavy", "intensity: heavy, light", "23:16: RC206 intensity cannot be heavy, light; write a list in brackets: [heavy, light]"),
    ("intensity: heavy", "intensity: [heavy, heavy]", "23:24: RC307 heavy stands twice in the sweep of intensity; keep one of them"),
    ("intensity: heavy", "intensity:", "23:15: RC202 intensity must be one of light, moderate, heavy, not nothing"),
    ("eps: 4/255", "eps: 4:255", "38:10: RC204 eps is measured in /255 or a plain number, not :"),
    ("eps: 4/255", "eps: 4/255px", "38:10: RC204 eps is measured in /255 or a plain number, not /255px"),
    ("eps: 4/255", "eps: 4", "38:10: RC508 eps of 4 holds every picture there is: in linf no two are further apart than 1; write 4/255"),
    ("norm: linf", "norm: L-inf", "37:11: RC202 norm cannot be L-inf; did you mean linf?"),
    ("owner: perception", "owner: ", "7:7: RC108 owner is empty; write text, or leave the key out"),
    ("owner: perception", "", "2:1: RC106 a suite needs owner; write owner: who answers for the suite"),
    ("yaw: -5deg..5deg", "yaw: -5 to 5 deg", "29:10: RC206 yaw cannot be -5 to 5 deg; write -5deg..5deg"),
    ("yaw: -5deg..5deg", "yaw: from -5deg to 5deg", "29:10: RC206 yaw cannot be from -5deg to 5deg; write -5deg..5deg"),
    ("yaw: -5deg..5deg", "yaw: between -5deg and 5deg", "29:10: RC206 yaw cannot be between -5deg and 5deg; write -5deg..5deg"),
    ("yaw: -5deg..5deg", "yaw: [-5deg..5deg", "29:10: RC101 this is not YAML: the bracket [ is not closed; write ] behind its last entry"),
]  # fmt: skip

CONVERTED = ("rad", "klx", "‰", "1.57%", "robustcheck", "version")
"""Parts of edits whose advice holds another number: the same value in another unit, or the version of the language."""


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> Answer:
    root: Path = tmp_path_factory.mktemp("mistakes")
    project = make_project(root, models=MODELS, data="signs-test: {kind: signs}\n")
    path = root / "suites" / "car.yaml"

    def say(old: str, new: str) -> str:
        assert old in SUITE
        path.write_text(SUITE.replace(old, new, 1), encoding="utf-8")
        try:
            suite = load_suite(path, project, environment={})
        except SuiteError as error:
            return "\n".join(str(problem).removeprefix("suites/car.yaml:") for problem in error.problems)
        return "\n".join(note.replace("suites/car.yaml:", "note: ", 1) for note in suite.notes)

    return say


@pytest.mark.parametrize(
    ("old", "new", "says"), EDITS, ids=[f"{index}-{new[:30]}" for index, (_, new, _) in enumerate(EDITS)]
)
def test_edit(answer: Answer, old: str, new: str, says: str) -> None:
    assert answer(old, new) == says


def test_the_suite_is_right(answer: Answer) -> None:
    assert answer("", "") == ""


def test_no_advice_changes_a_number() -> None:
    """What is told to be written holds no number but those of the edit; letters stand where one is wanted."""
    changed = []
    for old, new, says in EDITS:
        advised = " ".join(re.findall(r"write .*|did you mean .*", says))
        numbers = {float(text) for text in re.findall(r"(?<![\w.])\d+(?:\.\d+)?", advised.replace("between 0", ""))}
        own = {float(text.replace(",", ".")) for text in re.findall(r"\d+(?:[.,]\d+)?", new)}
        shares = {100 * number for number in own} | {float(text) for text in re.findall(r"\d+", new.replace(",", ""))}
        if new and numbers - own - shares - {255} and not any(part in new for part in CONVERTED):
            changed.append((old, new, says))
    assert not changed


def test_no_list_is_longer_than_a_glance() -> None:
    assert not [says for _, _, says in EDITS if re.search(r"(known|did you mean)[^;\n]*(,[^,;\n]*){8}", says)]
