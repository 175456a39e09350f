"""A table of malformed suites; ``‸`` marks the place that the error must name."""

from __future__ import annotations

import pytest
from writing import check, combine, limit, text_of

import robustcheck.measure.calibration
import robustcheck.measure.selective  # noqa: F401 - registers metrics
from robustcheck.errors import SuiteError

# (what the suite says, what the error says)
ROWS = [
    # YAML itself
    ("", "the file is empty"),
    ("# only a comment\n", "the file is empty"),
    ("‸[1, 2]\n", "a suite is a mapping, this is a list"),
    ("‸just words\n", "a suite is a mapping, this is a text; begin with robustcheck: 1"),
    ("a: 1\n‸--- \nb: 2\n", "a second document"),
    ("a: 1\n‸a: 2\n", "the key a is written twice, first in line 1"),
    ("a: {b: 1, ‸b: 2}\n", "the key b is written twice"),
    ("a: ‸!!python/object/apply:os.system [ls]\n", "tag"),
    ("a: ‸!mine x\n", "the tag !mine is not allowed"),
    ("a: ‸!!int x\n", "x is no int"),
    ("a: ‸!!map [x]\n", "is not allowed"),
    ("a: &x {b: 1}\nc:\n  ‸<<: *x\n", "merge keys (<<) are not allowed; use extends"),
    ("a: ‸*nobody\n", "there is no anchor &nobody"),
    ("a: &a [‸*a]\n", "which would never end"),
    ("‸[a]: 1\n", "a key must be a single word"),
    ("{‸{a: 1}: 1}\n", "a key must be a single word"),
    ("a:\n‸\tb: 1\n", "indent with spaces, not tabs"),
    ("a: b‸: c\n", "quote text that holds a colon"),
    ("a: ‸[1, 2", "this is not YAML"),
    ("a: {b: $‸{X}}\n", 'write variables in quotes: "${NAME}"'),
    ("a: ‸\"open\n", "this is not YAML"),
    ("a: ‸\x07\n", "the character U+0007 is not allowed"),
    ("[" * 3 + "‸\n", "this is not YAML"),
    ("[" * 64 + "‸" + "[" * 1000, "nested more than 64 levels deep"),
    # what must be known of training and data
    (text_of(provenance="‸[]"), "provenance must be a mapping"),
    (text_of(provenance="‸{}"), "provenance demands nothing; name training, dataset or leak, or remove it"),
    (text_of(provenance="{‸trainning: {record: a.json}}"), "trainning is no key of provenance; did you mean training?"),
    (text_of(provenance="{training: ‸{require: [seed]}}"), "training needs record"),
    (text_of(provenance="{training: {record: ‸/etc/a.json}}"), "record leaves the project: /etc/a.json; write a path from"),
    (text_of(provenance="{training: {record: ‸../a.json}}"), "record leaves the project: ../a.json"),
    (text_of(provenance="{training: {record: ‸c:\\a.json}}"), "record leaves the project"),
    (text_of(provenance="{training: {record: a.json, require: [‸sead]}}"), "require cannot be sead; did you mean seed?"),
    (text_of(provenance="{training: {record: a.json, require: ‸[]}}"), "require is empty"),
    (
        text_of(provenance="{training: {record: a.json, ‸require: [signature]}}"),
        "signature needs trusted_keys; name the public keys that may sign",
    ),
    (
        text_of(provenance="{training: {record: a.json, ‸trusted_keys: [k.pub]}}"),
        "trusted_keys are of no use without signature; add signature to require",
    ),
    (text_of(provenance="{training: {record: a.json, max_age: ‸90}}"), "max_age needs a unit (time in days); write 90d"),
    (text_of(provenance="{training: {record: a.json, max_age: ‸90s}}"), "max_age is measured in d, not s"),
    (text_of(provenance="{dataset: {card: c.json, class_counts: {min: ‸0}}}"), "min must be at least 1, not 0"),
    (text_of(provenance="{dataset: {card: c.json, class_counts: ‸{}}}"), "class_counts needs min"),
    (text_of(provenance="{leak: {train: ‸picture}}"), "there is no data set picture in configs/data.yaml; did you mean"),
    (text_of(provenance="{leak: {train: pictures, exact_max: ‸-1}}"), "exact_max must be at least 0, not -1"),
    (text_of(provenance="{leak: {train: pictures, near: {distance: ‸17}}}"), "distance must be between 0 and 16"),
    (text_of(provenance="{leak: {train: pictures, near: {action: ‸skip}}}"), "action cannot be skip; known: fail, review"),
    # the suite's own keys
    (text_of(robustcheck="‸2"), "robustcheck must be 1"),
    (text_of(robustcheck="‸true"), "robustcheck must be 1"),
    ("‸" + text_of(robustcheck=None), "a suite needs robustcheck"),
    ("‸" + text_of(title=None), "a suite needs title"),
    ("‸" + text_of(owner=None), "a suite needs owner"),
    ("‸" + text_of(model=None), "a suite needs model"),
    ("‸" + text_of(data=None), "a suite needs data"),
    ("‸" + text_of(checks=None), "a suite needs checks"),
    (text_of(title="‸5"), 'title must be text, not the number 5; write "5" in quotes'),
    (text_of(title="‸true"), "title must be text, not the boolean true"),
    (text_of(title="‸[a]"), "title must be text, not a list"),
    (text_of(title='‸""'), "title is empty"),
    (text_of(owner="‸~"), "owner is empty"),
    (text_of(model="‸nett"), "there is no model nett in configs/models.yaml; did you mean net?"),
    (text_of(data="‸picture"), "there is no data set picture in configs/data.yaml; did you mean pictures?"),
    (text_of() + "‸chekcs: []\n", "chekcs is no key of a suite; did you mean checks?"),
    (text_of() + "‸Seed: 1\n", "did you mean seed?"),
    (text_of(seed="‸-1"), "seed must be between 0 and"),
    (text_of(seed="‸1.5"), "seed must be a whole number, not the number 1.5"),
    (text_of(seed='‸"1"'), "seed must be a whole number, not the text 1"),
    (text_of(seed="‸.inf"), "seed must be a whole number"),
    (text_of(border="‸sauce"), "border cannot be sauce; did you mean source?"),
    (text_of(fill="‸mirror"), "fill cannot be mirror; known: black, gray, reflect, replicate"),
    (text_of(allow_synthetic_border="‸yes"), "must be true or false, not the text yes; write true"),
    (text_of(severity="‸err"), "severity cannot be err; did you mean error?"),
    (text_of(max_unreadable="‸-1"), "max_unreadable must be at least 0"),
    (text_of(max_unreadable="‸1.5"), "write a whole number, or one with %"),
    (text_of(max_unreadable="‸100%"), "must be below 100%"),
    (text_of(max_unreadable="‸3px"), "max_unreadable is measured in a plain number or %, not px"),
    (text_of() + "‸attack: pgd\n", "attack is no key of a suite"),
    # expectations
    (text_of(expect="‸5"), "expect must be a mapping, not the number 5"),
    (text_of(expect="‸{}"), "expect is empty"),
    (text_of(expect='{‸acuracy: ">= 85%"}'), "there is no metric acuracy; did you mean accuracy?"),
    (text_of(expect='{accuracy: ‸">= 0.85"}'), 'accuracy needs the unit %; write ">= 85%"'),
    (text_of(expect='{accuracy: ‸">= 85"}'), 'write ">= 85%"'),
    (text_of(expect="{accuracy: ‸0.85}"), 'accuracy needs a comparison and a number, not the number 0.85; write ">= 85%"'),
    (text_of(expect="{accuracy: ‸85%}"), 'write ">= 85%"'),
    (text_of(expect="{accuracy: ‸high}"), 'write it as ">= N%"'),
    (text_of(expect='{accuracy: ‸"=> 85%"}'), '=> is no comparison; write ">= 85%"'),
    (text_of(expect='{accuracy: ‸"≥ 85%"}'), '≥ is no comparison; write ">= 85%"'),
    (text_of(expect='{accuracy: ‸"== 85%"}'), "== is no comparison"),
    (text_of(expect='{accuracy: ‸">= much"}'), "much is no number"),
    (text_of(expect='{accuracy: ‸">="}'), "nothing is no number"),
    (text_of(expect='{accuracy: ‸">= 85pp"}'), 'accuracy is measured in %, not in pp; write ">= 85%"'),
    (text_of(expect='{accuracy: ‸">= 120%"}'), '">= 120%" cannot be reached; accuracy lies between 0% and 100%'),
    (text_of(expect='{accuracy: ‸"> 100%"}'), "cannot be reached"),
    (text_of(expect='{accuracy: ‸"<= -1%"}'), "cannot be reached"),
    (text_of(expect='{accuracy: ‸">= 0%"}'), "always holds, so it checks nothing"),
    (text_of(expect='{accuracy: ‸"<= 100%"}'), "always holds"),
    (text_of(expect='{accuracy: ‸">= 1e999%"}'), "is no finite number"),
    (text_of(expect='{accuracy: ‸[">= 85%"]}'), "accuracy must be a threshold, not a list"),
    (text_of(expect='{drop: ‸"<= 5%"}'), 'drop is measured in pp, not in %; write "<= 5pp"'),
    (text_of(expect='{drop: ‸"<= 100pp"}'), "always holds"),
    (text_of(expect='{drop: ‸"<= 0.05"}'), 'write "<= 5pp"'),
    (text_of(expect='{class_accuracy: ‸">= 95%"}'), 'class_accuracy needs the name of a class; write {CLASS: ">= 95%"}'),
    (text_of(expect='{class_accuracy: {‸stpo: ">= 95%"}}'), "the model net has no class stpo; did you mean stop?"),
    (text_of(expect='{class_accuracy: {stop: ‸">= 0.95"}}'), "class_accuracy of stop needs the unit %"),
    (text_of(expect='{top_k_accuracy: {‸five: ">= 95%"}}'), "needs a number of guesses, not five"),
    (text_of(expect='{top_k_accuracy: {‸0: ">= 95%"}}'), "needs a number of guesses, not 0"),
    (text_of(expect='{top_k_accuracy: {‸4: ">= 95%"}}'), "4 guesses among 4 classes are always right"),
    (text_of(expect='{confusion: {stop: ‸"<= 1%"}}'), "confusion of stop needs two classes"),
    (text_of(expect='{confusion: {stop: {‸stop: "<= 1%"}}}'), "stop cannot be confused with itself"),
    (text_of(expect='{confusion: {stop: {‸left: "<= 1%"}}}'), "has no class left"),
    (text_of(expect='{group_accuracy: {weather: {rain: ‸"80%"}}}'), "group_accuracy of weather, rain needs a comparison"),
    (text_of(expect='{selective_accuracy: ‸">= 99%"}'), 'selective_accuracy needs a coverage and an accuracy; write {coverage: SHARE, accuracy: ">= 99%"}'),
    (text_of(expect="{selective_accuracy: ‸{}}"), "selective_accuracy needs a coverage and an accuracy"),
    (text_of(expect='{selective_accuracy: {‸80%: ">= 99%"}}'), "80% is no key of selective_accuracy; known: accuracy, coverage"),
    (text_of(expect='{selective_accuracy: {‸covrage: 80%, accuracy: ">= 9%"}}'), "covrage is no key of selective_accuracy; did you mean coverage?"),
    (text_of(expect='{selective_accuracy: ‸{accuracy: ">= 99%"}}'), 'selective_accuracy needs coverage; write {coverage: N%, accuracy: ...}'),
    (text_of(expect="{selective_accuracy: ‸{coverage: 80%}}"), "selective_accuracy needs accuracy"),
    (text_of(expect='{selective_accuracy: {coverage: ‸0.8, accuracy: ">= 99%"}}'), "coverage needs a unit (share, in percent)"),
    (text_of(expect='{selective_accuracy: {coverage: ‸80pp, accuracy: ">= 99%"}}'), "coverage is measured in %, not pp; write 80%"),
    (text_of(expect='{selective_accuracy: {coverage: ‸101%, accuracy: ">= 99%"}}'), "coverage must be between 0% and 100%, not 101%"),
    (text_of(expect='{selective_accuracy: {coverage: ‸-1%, accuracy: ">= 99%"}}'), "coverage must be between 0% and 100%, not -1%"),
    (text_of(expect='{selective_accuracy: {coverage: ‸0%, accuracy: ">= 99%"}}'), "coverage must be above 0%, not 0%"),
    (text_of(expect='{selective_accuracy: {coverage: ‸most, accuracy: ">= 99%"}}'), "coverage must be a number with the unit % (share, in percent), not the text most"),
    (text_of(expect='{selective_accuracy: {coverage: ‸[80%], accuracy: ">= 99%"}}'), "coverage must be a number with the unit % (share, in percent), not a list"),
    (text_of(expect='{selective_accuracy: {coverage: ‸~, accuracy: ">= 99%"}}'), "coverage must be a number with the unit % (share, in percent), not nothing"),
    (text_of(expect='{selective_accuracy: {coverage: 80.0%, accuracy: ‸">= 0.99"}}'), 'selective_accuracy of 80% needs the unit %; write ">= 99%"'),
    (text_of(expect='{selective_accuracy: {coverage: 80%, accuracy: ‸"<= 100%"}}'), '"<= 100%" always holds'),
    (text_of(**check('shift: camera.pitch, pitch: 1deg, expect: {selective_accuracy: {coverage: 80%, ‸accuracy: ~}}')), "null removes nothing: no selective_accuracy 80% is expected here"),
    (text_of(expect='{brier: ‸"<= 5%"}'), 'brier is measured as a plain number, not in %; write "<= 0.05"'),
    (text_of(expect='{brier: ‸"<= 2"}'), 'always holds, so it checks nothing; brier lies between 0 and 2'),
    (text_of(expect='{nll: ‸"< 0"}'), 'cannot be reached'),
    (text_of(expect='{augrc: ‸"<= 50%"}'), 'augrc lies between 0% and 50%'),
    # clean
    (text_of(clean="‸97%"), "clean must be a mapping"),
    (text_of(clean="{‸expects: {}}"), "expects is no key of clean; did you mean expect?"),
    (text_of(clean='{expect: {‸drop: "<= 5pp"}}'), "compares with the clean case"),
    (text_of(clean="{declared: ‸0.978}"), "declared needs a unit (share, in percent); write 97.8% or 0.978%"),
    (text_of(clean="{declared: ‸101%}"), "declared must be between 0% and 100%"),
    (text_of(clean="{declared: 97%, tolerance: ‸1%}"), "tolerance is measured in pp, not %; write 1pp"),
    (text_of(clean="{‸tolerance: 1pp}"), "tolerance needs declared"),
    # checks
    (text_of(checks="‸{}"), "checks must be a list, not a mapping"),
    (text_of(checks="‸[]"), "checks is empty"),
    (text_of(checks="").replace("checks: ", "checks:‸ "), "checks must be a list, not nothing"),
    (text_of(checks="[‸camera.pitch]"), "a check must be a mapping, not the text camera.pitch"),
    (text_of(checks="[‸{id: a}]"), "a check needs shift, attack, compose, combine, worst_of or find_limit"),
    (text_of(checks="[‸{shfit: camera.pitch}]"), "did you mean shift?"),
    (text_of(**check("shift: ‸camera.pich, pitch: 15deg")), "there is no shift camera.pich; did you mean camera.pitch?"),
    (text_of(**check("shift: ‸crop.tightly, keep: 95%")), "there is no shift crop.tightly; known: crop.box, crop.center, crop.corner"),
    (text_of(**check("shift: ‸5")), "shift must be text"),
    (text_of(**check("shift: camera.pitch, ‸compose: []")), "either shift or compose, not both"),
    (text_of(**check("attack: ‸pdg, eps: 1/255")), "there is no attack pdg; did you mean pgd?"),
    (text_of(checks="[‸{attack: pgd}]"), "pgd needs eps"),
    (text_of(**check("attack: pgd, eps: ‸4deg")), "eps is measured in /255 or a plain number"),
    (text_of(**check("attack: pgd, eps: 1/255, ‸step: 3")), "pgd has no parameter step; did you mean steps?"),
    (text_of(**check("attack: pgd, eps: 1/255, travel: ‸1.5")), "travel must be"),
    (text_of(**check("attack: pgd, eps: 1/255, norm: ‸l0")), "norm"),
    (text_of(**check("attack: ddn, norm: ‸linf")), "norm"),
    (text_of(**check("attack: deepfool, targeted: ‸random")), "deepfool cannot aim at a class"),
    (text_of(**check("attack: pgd, eps: 1/255, targeted: {stop: ‸turn_lef}")), "has no class turn_lef; did you mean turn_left?"),
    (text_of(**check("attack: pgd, eps: 1/255, targeted: {stop: ‸stop}")), "stop cannot be taken for itself"),
    (text_of(**check("attack: pgd, eps: 1/255, targeted: ‸likely")), "targeted must be a mapping of classes"),
    (text_of(**check("attack: pgd, eps: 1/255, time_limit: ‸5")), "time_limit needs a unit"),
    (text_of(**check("attack: pgd, eps: 1/255, ‸border: view")), "pgd has no parameter border"),
    (text_of(**check("compose: [‸{attack: pgd, eps: 1/255}, {shift: camera.yaw, yaw: 5deg}]")), "an attack comes last in a composition"),
    # arguments that are wrong together
    (
        text_of(**check("shift: camera.height, plane: ground, rise: ‸-1.5m")),
        "a camera 1.5m above the ground ends on or below it with rise: -1.5m; let it sink by less than above_ground",
    ),
    (
        text_of(**check("shift: camera.height, plane: [facing, ground], above_ground: 0.8m, rise: [0.5m, -0.7m, ‸-0.9m]")),
        "a camera 0.8m above the ground ends on or below it with rise: -0.9m",
    ),
    (
        text_of(**check("compose: [{shift: camera.yaw, yaw: 1deg}, {shift: camera.height, plane: ground, rise: ‸-2m}]")),
        "ends on or below it with rise: -2m",
    ),
    (
        text_of(**check("worst_of: camera.height, plane: ground, rise: ‸-2m..1m")),
        "a camera 1.5m above the ground ends on or below it with rise: -2m",
    ),
    (
        text_of(
            checks="[‸{find_limit: {shift: camera.height, param: rise, plane: ground, from: 0m, to: -3m, "
            'until: {accuracy: "< 90%"}}, expect: {limit: "<= -1m"}}]'
        ),
        "a camera 1.5m above the ground ends on or below it with rise: -3m",
    ),
    (
        text_of(**check("compose: [{shift: camera.height, plane: ground, rise: ‸-2m}, {attack: pgd, eps: 4/255}]")),
        "ends on or below it with rise: -2m",
    ),
    # ranges, worst_of
    (text_of(**check("shift: camera.pitch, pitch: ‸-5deg..5deg")), "pitch cannot be a range here; write a list of values, or worst_of"),
    (text_of(**check("‸worst_of: camera.view")), "worst_of needs a range to search; write a parameter as low..high"),
    (text_of(**check("‸worst_of: camera.view, yaw: 5deg")), "worst_of needs a range to search"),
    (text_of(**check("worst_of: ‸camera.veiw, yaw: -5deg..5deg")), "there is no shift camera.veiw; did you mean camera.view?"),
    (text_of(**check("worst_of: camera.view, yaw: ‸5deg..-5deg")), "must go from a lesser to a greater value, not 5deg..-5deg; write -5deg..5deg"),
    (text_of(**check("worst_of: camera.view, yaw: ‸5deg..5deg")), "must go from a lesser to a greater value"),
    (text_of(**check("worst_of: camera.view, yaw: ‸-5..5deg")), "yaw needs a unit (angle in degrees); write -5deg"),
    (text_of(**check("worst_of: camera.view, yaw: ‸-5deg..90deg")), "yaw must be between -60deg and 60deg, not 90deg"),
    (text_of(**check("worst_of: camera.view, yaw: ‸..5deg")), "yaw must be a number with the unit deg (angle in degrees)"),
    (text_of(**check("worst_of: camera.view, yaw: -5deg..5deg, ‸bugdet: 5")), "no parameter bugdet; did you mean budget?"),
    (text_of(**check("worst_of: camera.view, yaw: -5deg..5deg, budget: ‸1")), "budget must be between 2 and 10000"),
    (text_of(**check("worst_of: camera.view, yaw: -5deg..5deg, search: ‸fine")), "search cannot be fine"),
    (text_of(**check("worst_of: camera.view, yaw: -5deg..5deg, dx: 0%..5%, zoom: 1..2, search: grid, budget: ‸7")), "a grid over 3 ranges needs a budget of at least 8"),
    (text_of(**check('worst_of: camera.view, yaw: -5deg..5deg, expect: {‸limit: ">= 5deg"}')), "limit is measured by find_limit, not by worst_of"),
    (text_of(**check('shift: camera.yaw, yaw: 5deg, expect: {‸mean_view_accuracy: ">= 50%"}')), "mean_view_accuracy is measured by worst_of, not by shift"),
    # find_limit
    (text_of(**check("find_limit: ‸camera.view")), "find_limit must be a mapping, not the text camera.view; write find_limit: {shift: camera.yaw"),
    (text_of(**check("find_limit: ‸{shift: camera.yaw, param: yaw, from: 0deg, to: 45deg}")), "find_limit needs until"),
    (text_of(**limit("shift: ‸camera.yow")), "there is no shift camera.yow"),
    (text_of(**limit("param: ‸jaw")), "camera.yaw has no parameter jaw that is a number; did you mean yaw?"),
    (text_of(**limit("shift: camera.aspect, param: ‸mode")), "camera.aspect has no parameter mode that is a number"),
    (text_of(**limit("from: ‸0")), "yaw needs a unit (angle in degrees); write 0deg"),
    (text_of(**limit("to: ‸90deg")), "yaw must be between -60deg and 60deg, not 90deg"),
    (text_of(**limit("to: ‸0deg")), "from and to are the same"),
    (text_of(**limit("to: ‸[1deg]")), "to must be a value of yaw, not a list"),
    (text_of(**limit("shift: camera.motion_blur, param: length, from: 0px, to: ‸5%")), "from is in px and to in %"),
    (text_of(**limit("until: ‸[]")), "until must be a mapping"),
    (text_of(**limit("until: {‸acuracy: '< 90%'}")), "there is no metric acuracy; did you mean accuracy?"),
    (text_of(**limit("until: {accuracy: ‸90%}")), "accuracy needs a comparison and a number"),
    (text_of(**limit("until: {‸accuracy: null}")), "until cannot remove accuracy"),
    (text_of(**limit("until: {‸mean_view_accuracy: '< 90%'}")), "cannot be measured at a single value"),
    (text_of(**limit("resolution: ‸50deg")), "resolution must be above 0 and at most 45deg, not 50deg"),
    (text_of(**limit("resolution: ‸0deg")), "resolution must be above 0"),
    (text_of(**limit("resolution: ‸0.0001deg")), "resolution asks for more than 100,000 values"),
    (text_of(**limit("‸yaw: 5deg")), "yaw is what is searched, so it has no value here"),
    (text_of(**limit("‸resolutoin: 5deg")), "camera.yaw has no parameter resolutoin; did you mean resolution?"),
    (text_of(**limit("", 'expect: {‸accuracy: ">= 90%"}')), "find_limit expects a limit, not accuracy; write accuracy under until"),
    (text_of(**limit("", 'expect: {limit: ‸">= 12%"}')), 'this limit is measured in deg, not in %'),
    (text_of(**limit("", 'expect: {limit: ‸">= 12"}')), "this limit is measured in deg; write"),
    (text_of(**limit("", 'expect: {limit: ‸"<= 12deg"}')), 'a better model has a limit further towards 45deg; write ">= 12deg"'),
    (text_of(**limit("", 'expect: {limit: ‸">= 60deg"}')), "cannot be decided by a search from 0deg to 45deg"),
    (text_of(**limit("", 'expect: {limit: ‸"12deg"}')), "limit needs a comparison and a number"),
    # combine
    (text_of(**check("combine: ‸[]")), "combine must be a mapping, not a list; write combine: {of: [shifts], strength: 2}"),
    (text_of(**check("combine: ‸{strength: 2}")), "combine needs of"),
    (text_of(**check("combine: {of: ‸[]}")), "of must be a list of at least two shifts"),
    (text_of(**combine("strength: ‸5")), "strength must be between 2 and 4, not 5"),
    (text_of(**combine("strength: ‸3")), "combine of strength 3 needs at least 3 lists of values, here are 2"),
    (text_of(**combine("‸strenght: 2")), "strenght is no key of combine; did you mean strength?"),
    (text_of(**combine("", "‸sweep: zip")), "sweep is no key of a check with combine"),
    (text_of(**check("combine: ‸{of: [{shift: camera.yaw, yaw: 5deg}, {shift: camera.zoom, ratio: 2}]}")), "needs at least 2 lists of values, here are 0"),
    (text_of(checks="[‸{shift: camera.pitch}]"), "camera.pitch needs pitch"),
    (text_of(**check("shift: camera.pitch, ‸ptich: 15deg, pitch: 1deg")), "no parameter ptich; did you mean pitch?"),
    (text_of(**check("shift: camera.pitch, pitch: ‸15")), "pitch needs a unit (angle in degrees); write 15deg"),
    (text_of(**check("shift: camera.pitch, pitch: ‸15px")), "pitch is measured in deg, not px"),
    (text_of(**check("shift: camera.pitch, pitch: ‸steep")), "a number with the unit deg (angle in degrees), not the text steep"),
    (text_of(**check("shift: camera.pitch, pitch: ‸true")), "not the boolean true"),
    (text_of(**check("shift: camera.pitch, pitch: ‸{a: 1}")), "not a mapping"),
    (text_of(**check("shift: camera.pitch, pitch: ‸")), "not nothing"),
    (text_of(**check("shift: camera.pitch, pitch: ‸1000deg")), "pitch must be between"),
    (text_of(**check("shift: camera.pitch, pitch: ‸1e999deg")), "pitch must be between"),
    (text_of(**check("shift: camera.zoom, ratio: ‸80%")), "ratio is a plain number, without the unit %; write 0.8"),
    (text_of(**check("shift: camera.zoom, ratio: ‸.nan")), "ratio must be"),
    (text_of(**check("shift: camera.pitch, pitch: ‸[]")), "the sweep of pitch is empty"),
    (text_of(**check("shift: camera.pitch, pitch: [1deg, ‸1.0deg]")), "1deg stands twice in the sweep of pitch"),
    (text_of(**check("shift: camera.pitch, pitch: [1deg, ‸2]")), "write 2deg"),
    (text_of(**check("shift: camera.pitch, pitch: [‸[1deg]]")), "not a list"),
    (text_of(**check("shift: camera.motion_blur, length: ‸3deg")), "length is measured in px or %, not deg"),
    (text_of(checks="[‸{shift: camera.shift}]"), "camera.shift does nothing as it stands; write dx or dy"),
    (text_of(**check("shift: camera.pitch, pitch: 1deg, id: ‸a/b")), "the id a/b holds /"),
    (text_of(**check("shift: camera.pitch, pitch: 1deg, id: ‸'a::b'")), "the id a::b holds ::"),
    (text_of(**check('shift: camera.pitch, pitch: 1deg, id: ‸"a\\nb"')), "holds a line break"),
    (text_of(**check("shift: camera.pitch, pitch: 1deg, id: ‸7")), 'write "7" in quotes'),
    (text_of(**check("shift: camera.pitch, pitch: 1deg, ‸id: clean")), "the id clean belongs"),
    (text_of(**check("shift: camera.pitch, pitch: 1deg, tier: ‸fast")), "tier cannot be fast"),
    (text_of(**check("shift: camera.pitch, pitch: 1deg, tags: ‸night")), "tags must be a list"),
    (text_of(**check("shift: camera.pitch, pitch: 1deg, tags: [‸1]")), "tags must be text"),
    (text_of(**check("shift: camera.pitch, pitch: 1deg, sweep: ‸all")), "sweep cannot be all"),
    (text_of(**check("shift: camera.pitch, pitch: 1deg, ‸sweep: zip")), "zip needs at least two lists"),
    (text_of(**check("shift: camera.shift, dx: [1%, 2%], dy: [1%, 2%, 3%], ‸sweep: zip")), "dx has 2, dy has 3"),
    (text_of(**check("shift: camera.pitch, pitch: 1deg, expect: {‸drop: null}")), "null removes nothing: no drop"),
    (text_of(checks="[‸{shift: camera.pitch, pitch: 1deg, expect: {accuracy: null}}]"), "expects nothing, so it could not fail"),
    (text_of(expect=None, checks="[‸{shift: camera.pitch, pitch: 1deg}]"), "expects nothing"),
    (text_of(checks="[{shift: camera.pitch, pitch: 1deg, id: a}, {shift: camera.yaw, yaw: 1deg, ‸id: a}]"), "the id a is already used"),
    (text_of(checks="[{shift: camera.yaw, yaw: 1deg}, ‸{shift: camera.yaw, yaw: 1deg}]"), "the case camera.yaw[yaw=1deg] is already used"),
    # compositions
    (text_of(**check("compose: ‸[]")), "compose must be a list of at least two shifts"),
    (text_of(**check("compose: ‸[{shift: camera.yaw, yaw: 1deg}]")), "at least two shifts"),
    (text_of(**check("compose: ‸camera.yaw")), "at least two shifts"),
    (text_of(**check("compose: [{shift: camera.yaw, yaw: 1deg}, ‸{yaw: 1deg}]")), "a step needs shift"),
    (text_of(**check("compose: [{shift: camera.yaw, yaw: 1deg}, ‸camera.yaw]")), "a step must be a mapping"),
    (text_of(**check("compose: [{shift: camera.yaw, yaw: 1deg}, {shift: ‸camera.wa, yaw: 1deg}]")), "there is no shift camera.wa"),
    (text_of(**check("compose: [{shift: camera.yaw, yaw: 1deg, ‸id: a}, {shift: camera.yaw, yaw: 2deg}]")), "no parameter id"),
    (text_of(**check("compose: [{shift: camera.yaw, yaw: 1deg}, {shift: camera.yaw, yaw: 2deg}], ‸yaw: 1deg")), "yaw is no key of a check with compose"),
    # overall
    (text_of(overall="‸{}"), "overall must be a list"),
    (text_of(overall='[‸{metric: mean_accuracy, expect: ">= 88%"}]'), "overall needs over"),
    (text_of(overall='[{metric: ‸accuracy, over: "*", expect: ">= 88%"}]'), "did you mean mean_accuracy?"),
    (text_of(overall='[{metric: ‸mean_class_accuracy, over: "*", expect: ">= 88%"}]'), "there is no overall metric"),
    (text_of(overall='[{metric: mean_accuracy, over: ‸"camra.*", expect: ">= 88%"}]'), "over: camra.* matches no case"),
    (text_of(overall='[{metric: mean_accuracy, over: "*", expect: ‸">= 0.88"}]'), "mean_accuracy needs the unit %"),
    (text_of(overall='[{metric: mean_drop, over: "*", expect: ‸"<= 5%"}]'), "mean_drop is measured in pp"),
    (text_of(overall='[{metric: mean_accuracy, over: "*", expect: ">= 88%"}, ‸{metric: mean_accuracy, over: "*", expect: ">= 80%"}]'), "is already used"),
    # waivers
    (text_of(waivers='[{case: ‸"camera.pitch[pitch=14deg]", reason: r, owner: o, expires: 2030-01-01}]'), "matches no case; known: camera.pitch[pitch=15deg]"),
    (text_of(waivers='[‸{case: "camera.*", reason: r, owner: o}]'), "a waiver needs expires"),
    (text_of(waivers='[{case: "camera.*", reason: r, owner: o, expires: ‸2030-02-30}]'), "expires: there is no day 2030-02-30"),
    (text_of(waivers='[{case: "camera.*", reason: r, owner: o, expires: ‸1.3.2030}]'), "expires must be a date"),
    (text_of(waivers='[{case: "camera.*", reason: ‸"", owner: o, expires: 2030-01-01}]'), "reason is empty"),
    (text_of(waivers='[{case: "camera.*", reason: r, ‸by: x, owner: o, expires: 2030-01-01}]'), "by is no key of a waiver"),
    # variables and extends
    (text_of(title="‸${NOBODY}"), "a suite may not read the environment variable NOBODY; call it ROBUSTCHECK_VAR_NOBODY, or list it in configs/variables.yaml"),
    (text_of(title="‸${ROBUSTCHECK_VAR_NOBODY}"), "the environment variable ROBUSTCHECK_VAR_NOBODY is not set; set it, or write $$ for a dollar sign"),
    (text_of(title="‸${GITHUB_TOKEN}"), "the environment variable GITHUB_TOKEN looks like a secret, which a suite may not"),
    (text_of(title="‸a ${1x} b"), "${1x} is no variable"),
    (text_of(title="‸${open"), "is no variable"),
    ("extends: ‸missing.yaml\n" + text_of(), "there is no file missing.yaml beside this one"),
    ("extends: ‸../../../etc/passwd\n" + text_of(), "extends leaves the project"),
    ("extends: ‸a.yaml\n" + text_of(), "extends goes in a circle"),
    ("extends: ‸[b.yaml]\n" + text_of(), "extends must be the path of one suite"),
    ("extends: ‸5\n" + text_of(), "extends must be the path of one suite"),
    ("extends: ‸../.env\n" + text_of(), "../.env is no YAML file by its name; extends names a .yaml or .yml file"),
    ("extends: ‸.\n" + text_of(), ". is no YAML file by its name"),
]  # fmt: skip


@pytest.mark.parametrize(("marked", "says"), ROWS, ids=[f"{index}-{says[:40]}" for index, (_, says) in enumerate(ROWS)])
def test_malformed_suite(load, marked: str, says: str) -> None:
    before, _, after = marked.partition("‸")
    place = f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}" if "‸" in marked else "1:1"
    with pytest.raises(SuiteError) as caught:
        load(before + after)
    lines = [str(problem) for problem in caught.value.problems]
    assert any(line.startswith(f"suites/a.yaml:{place}: ") and says in line for line in lines), (place, lines)
    assert len(lines) == 1, lines


def test_table_is_long_enough() -> None:
    assert len(ROWS) >= 100


def test_every_problem_is_told(load) -> None:
    with pytest.raises(SuiteError) as caught:
        load(
            title="5",
            seed="x",
            expect='{acuracy: ">= 85%"}',
            checks="[{shift: camera.pich}, {shift: camera.pitch, pitch: [1, 2px]}, {shift: camera.yaw, yaw: 1deg, tier: x}]",
        )
    places = [(problem.where.line, problem.where.column) for problem in caught.value.problems]
    assert places == sorted(places)
    assert len(places) == 7


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"title: \xff\n", "suites/a.yaml:1:8: the file is not UTF-8"),
        (b"a: 1\n" * 250_001, "the file is larger than 1 MB"),
        (b"[" * 1_000_000, "nested more than 64 levels deep"),
        (b"{" * 1_000_000, "a key must be a single word"),
        (b"- " * 500_000, "nested more than 64 levels deep"),
        (b"[" + b"1," * 400_000 + b"]", "more than 100,000 values"),
        (b"a: &a [x,x,x,x,x,x,x,x,x,x]\n" + b"".join(b"%c: &%c [%s]\n" % (98 + i, 98 + i, b",".join([b"*%c" % (97 + i)] * 10)) for i in range(9)), "more than 100,000 values"),
        (b"%" * 1000, "this is not YAML"),
    ],
)  # fmt: skip
def test_hostile_bytes(load, content: bytes, says: str) -> None:
    with pytest.raises(SuiteError) as caught:
        load(content)
    assert says in str(caught.value)


def test_missing_suite(load, signs) -> None:
    from robustcheck.language import load_suite

    with pytest.raises(SuiteError, match=r"suites/none.yaml:1:1: the file cannot be read: No such file"):
        load_suite(signs.root / "suites" / "none.yaml", signs)
