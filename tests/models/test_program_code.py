"""Code planted in programs of torch.export never runs, wherever torch would unpickle, evaluate, compile or look it up."""

from __future__ import annotations

import hashlib
import io
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from planting import Members, Planted, call, members_of, pickled, write_members
from torch.export import Dim

from robustcheck.core.errors import ModelError
from robustcheck.domain.config import ModelEntry
from robustcheck.models import open_model
from robustcheck.models.program import load_program

Entry = Callable[..., ModelEntry]
Change = Callable[[Any, Path], object]
PROGRAM = "models/model.json"
WEIGHTS = "data/weights/model_weights_config.json"
CONSTANTS = "data/constants/model_constants_config.json"
SAMPLE = "data/sample_inputs/model.pt"


class Network(torch.nn.Module):
    """Parameters, buffers of both kinds, a constant, a padding given as text and a part without gradients."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.convolution = torch.nn.Conv2d(3, 4, 3, padding="same")
        self.norm = torch.nn.BatchNorm2d(4)
        self.linear = torch.nn.Linear(4, 3)
        self.register_buffer("hidden", torch.ones(3), persistent=False)
        self.constant = torch.arange(3.0)

    def forward(self, token: torch.Tensor) -> torch.Tensor:
        pooled = torch.nn.functional.gelu(self.norm(self.convolution(token)), approximate="tanh").mean((2, 3))
        with torch.no_grad():
            shift = torch.einsum("bi,bi->b", pooled, pooled)
        return self.linear(pooled) + self.hidden + self.constant + torch.tensor([1.0, 2.0, 3.0]) + shift[:, None]


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Members:
    path = tmp_path_factory.mktemp("program") / "net.pt2"
    program = torch.export.export(
        Network().eval(), (torch.zeros(4, 3, 8, 8),), dynamic_shapes=({0: Dim("batch", max=64)},)
    )
    torch.export.save(program, path, extra_files={"notes.txt": "seen"})
    return members_of(path)


def inside(members: Members, name: str) -> str:
    return next(full for full in members if full.endswith(f"/{name}"))


def edited(members: Members, name: str, change: Change, mark: Path) -> Members:
    """Return the members with one text changed."""
    content = json.loads(members[inside(members, name)])
    change(content, mark)
    return {**members, inside(members, name): json.dumps(content).encode()}


def nodes(content: Any) -> Any:
    return content["graph_module"]["graph"]["nodes"]


def root_call(content: Any) -> Any:
    return content["graph_module"]["module_call_graph"][0]["signature"]


def set_size(content: Any, mark: Path) -> None:
    values = content["graph_module"]["graph"]["tensor_values"]
    values[next(iter(values))]["sizes"] = [{"as_expr": {"expr_str": call(mark), "hint": None}}]


def add_node(target: str, *inputs: Any) -> Change:
    def change(content: Any, mark: Path) -> None:
        texts = [str(mark) if value is None else value for value in inputs]
        arguments = [{"name": "", "arg": {"as_string": text}, "kind": 1} for text in texts]
        nodes(content).insert(
            0, {"target": target, "inputs": arguments, "outputs": [], "metadata": {}, "name": "planted"}
        )

    return change


def rename_first(content: Any, mark: Path) -> None:
    nodes(content)[0]["name"] = f"{call(mark)}\n    x"


def rename_output(content: Any, mark: Path) -> None:
    text = json.dumps(content).replace('"linear"', json.dumps(f"linear = {call(mark)}; y"))
    content |= json.loads(text)


def rename_parameter(content: Any, mark: Path) -> None:
    specs = content["graph_module"]["signature"]["input_specs"]
    next(spec for spec in specs if "parameter" in spec)["parameter"]["parameter_name"] = f'a") or {call(mark)} or ("'


def nested(content: Any, mark: Path) -> None:
    holder = next(node for node in nodes(content) if "set_grad" in node["target"])
    graph = next(given["arg"]["as_graph"]["graph"] for given in holder["inputs"] if "as_graph" in given["arg"])
    graph["nodes"][0]["target"] = "torch.os.mkdir"


IN_TEXTS: dict[str, tuple[Change, str]] = {
    "a size": (set_size, "where a size belongs, which would run as code"),
    "a function by its path": (add_node("torch.os.mkdir", None), "it calls 'torch.os.mkdir', which is no operator"),
    "a loader of libraries": (add_node("torch.ops.load_library", None), "which is no operator on tensors"),
    "an evaluator": (add_node("torch.fx.graph_module._exec_with_source", None), "which is no operator on tensors"),
    "a hub": (add_node("torch.hub.load", None), "which is no operator on tensors"),
    "a method caller": (add_node("_operator.methodcaller", "x"), "which is no operator on tensors"),
    "an operator that makes a file": (
        add_node("torch.ops.aten.from_file.default", None),
        "which is no operator on tensors",
    ),
    "an attribute of an operator": (add_node("torch.ops.aten.add.__class__"), "which is not registered"),
    "an extension": (add_node("#planted:op"), "which is no operator on tensors"),
    "a compiled kernel": (add_node("torch.ops.higher_order.triton_kernel_wrapper_mutation"), "which is no operator"),
    "a call of a bound object": (add_node("torch.ops.higher_order.call_torchbind"), "which is no operator"),
    "an operator of another package": (add_node("torch.ops.planted.run.default"), "review it and declare its sha256"),
    "a function in a nested graph": (nested, "it calls 'torch.os.mkdir'"),
    "the name of a node": (rename_first, "as name, which would run as code"),
    "the name of a value": (rename_output, "which would run as code"),
    "the name of a parameter": (rename_parameter, "as parameter_name, which would run as code"),
    "the name of an argument": (
        lambda content, mark: root_call(content).update(forward_arg_names=[f"x={call(mark)}"]),
        "as forward_arg_names, which would run as code",
    ),
    "the key of an input": (
        lambda content, mark: root_call(content).update(
            in_spec=json.dumps(
                [1, {"type": "builtins.dict", "context": json.dumps([f"x={call(mark)}"]), "children_spec": []}]
            )
        ),
        "no plain tuples, lists and mappings",
    ),
    "a module to import": (
        lambda content, mark: root_call(content).update(
            out_spec=json.dumps(
                [
                    1,
                    {
                        "type": "builtins.list",
                        "context": json.dumps({"__enum__": True, "fqn": "antigravity:x", "name": "y"}),
                        "children_spec": [],
                    },
                ]
            )
        ),
        "no plain tuples, lists and mappings",
    ),
    "a default factory": (
        lambda content, mark: root_call(content).update(
            out_spec=json.dumps(
                [
                    1,
                    {
                        "type": "collections.defaultdict",
                        "context": {
                            "default_factory_module": "os",
                            "default_factory_name": "mkdir",
                            "dict_context": [],
                        },
                        "children_spec": [],
                    },
                ]
            )
        ),
        "no plain tuples, lists and mappings",
    ),
    "a custom object": (
        lambda content, mark: content["graph_module"]["graph"]["custom_obj_values"].update(
            x={"name": "x", "class_fqn": "os.mkdir"}
        ),
        "it holds a custom object",
    ),
}


@pytest.mark.parametrize("where", IN_TEXTS)
def test_code_in_the_text_of_a_program(where: str, members: Members, model_entry: Entry, tmp_path: Path) -> None:
    change, says = IN_TEXTS[where]
    mark = tmp_path / "mark"
    path = write_members(tmp_path / "net.pt2", edited(members, PROGRAM, change, mark))
    for digest in (None, hashlib.sha256(path.read_bytes()).hexdigest()):
        with pytest.raises(ModelError) as caught:
            open_model(model_entry("exported", weights=path, sha256=digest), device="cpu")
        assert says in str(caught.value) or "is not registered" in str(caught.value)
        assert str(caught.value).startswith(
            "configs/models.yaml:3:1: net.pt2 cannot be loaded as a program of torch.export:"
        )
        assert "\n" not in str(caught.value)
    assert not mark.exists()


@pytest.mark.parametrize("text", ["guard", "stack trace", "verifier name"])
def test_what_only_describes_a_program_is_left_out(
    text: str, members: Members, model_entry: Entry, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"

    def change(content: Any, mark: Path) -> None:
        if text == "guard":
            content["guards_code"] = [call(mark)]
        elif text == "stack trace":
            nodes(content)[0]["metadata"] = {"stack_trace": call(mark), "source_fn_stack": f"x,{call(mark)}"}
        else:
            content["torch_version"] = call(mark)

    path = write_members(tmp_path / "net.pt2", edited(members, PROGRAM, change, mark))
    model = open_model(model_entry("exported", weights=path), device="cpu")
    assert model.logits(np.zeros((2, 8, 8, 3), np.uint8)).shape == (2, 3)
    assert not mark.exists()


def saved(content: Any) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.save(content, file)
    return file.getvalue()


def entry_of(config: str, **changed: Any) -> Change:
    def change(content: Any, mark: Path) -> None:
        first = next(iter(content["config"].values()))
        first.update(changed)

    return change


FORMS: dict[str, Callable[[Path], bytes]] = {
    "torch.save": lambda mark: saved({"a": Planted(mark)}),
    "pickle": pickled,
    "torch.save of tensors beside it": lambda mark: saved({"a": torch.zeros(1), "b": Planted(mark)}),
}


@pytest.mark.parametrize("form", FORMS)
def test_sample_inputs_are_not_read(form: str, members: Members, model_entry: Entry, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    path = write_members(tmp_path / "net.pt2", {**members, inside(members, SAMPLE): FORMS[form](mark)})
    model = open_model(model_entry("exported", weights=path), device="cpu")
    pictures = np.random.default_rng(2).integers(0, 256, (5, 8, 8, 3), dtype=np.uint8)
    batch = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255
    np.testing.assert_allclose(model.logits(pictures), Network().eval()(batch).detach().numpy(), atol=1e-5)
    assert not mark.exists()


PICKLED: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "weights": (WEIGHTS, "data/weights/weight_0", {"use_pickle": True}, "it holds pickled tensors"),
    "constants": (CONSTANTS, "data/constants/tensor_0", {"use_pickle": True}, "it holds pickled tensors"),
    "weights, truthy": (WEIGHTS, "data/weights/weight_0", {"use_pickle": 1}, "it holds pickled tensors"),
    "custom object": (
        CONSTANTS,
        "data/constants/custom_obj_0",
        {"path_name": "custom_obj_0", "use_pickle": True},
        "it holds a pickled object (data/constants/custom_obj_0)",
    ),
    "opaque object": (
        CONSTANTS,
        "data/constants/opaque_obj_0",
        {"path_name": "opaque_obj_0", "use_pickle": True},
        "it holds a pickled object (data/constants/opaque_obj_0)",
    ),
    "old weights": (
        WEIGHTS,
        "data/weights/model.pt",
        {},
        "data/weights/model.pt is pickled and holds more than tensors",
    ),
    "old constants": (CONSTANTS, "data/constants/model.pt", {}, "model.pt is pickled and holds more than tensors"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("where", PICKLED)
def test_pickled_parts_are_refused(where: str, form: str, members: Members, model_entry: Entry, tmp_path: Path) -> None:
    config, member, changed, says = PICKLED[where]
    mark = tmp_path / "mark"
    root = inside(members, PROGRAM).removesuffix(PROGRAM)
    content = {**edited(members, config, entry_of(config, **changed), mark), root + member: FORMS[form](mark)}
    path = write_members(tmp_path / "net.pt2", content)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    for declared in (None, digest):
        with pytest.raises(ModelError) as caught:
            open_model(model_entry("exported", weights=path, sha256=declared), device="cpu")
        assert says in str(caught.value)
        assert "code" in str(caught.value)
    assert not mark.exists()


def test_compiled_libraries_are_refused(members: Members, tmp_path: Path) -> None:
    root = inside(members, PROGRAM).removesuffix(PROGRAM)
    path = write_members(tmp_path / "net.pt2", {**members, f"{root}data/aotinductor/model/a.so": b"\x7fELF"})
    with pytest.raises(ModelError, match="compiled libraries of AOTInductor, so this file is code"):
        load_program(path)


def test_older_formats_are_read_by_their_tensors_alone(tmp_path: Path) -> None:
    from torch._export.serde.serialize import serialize

    program = torch.export.export(Network().eval(), (torch.zeros(4, 3, 8, 8),))
    made = serialize(program)
    old = {
        "version": b"8.1",
        "serialized_exported_program.json": made.exported_program,
        "serialized_state_dict.pt": made.state_dict,
        "serialized_constants.pt": made.constants,
        "serialized_example_inputs.pt": saved({"a": Planted(tmp_path / "mark")}),
    }
    pictures = torch.rand(4, 3, 8, 8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = load_program(write_members(tmp_path / "old.pt2", old)).module()(pictures)
    torch.testing.assert_close(read, Network().eval()(pictures))
    for name in ("serialized_state_dict.pt", "serialized_constants.pt"):
        planted = {**old, name: saved({"a": Planted(tmp_path / "mark")})}
        with pytest.raises(ModelError, match=f"{name} is pickled and holds more than tensors"):
            load_program(write_members(tmp_path / "old.pt2", planted))
    assert not (tmp_path / "mark").exists()


def test_weights_without_values_are_no_zeros(members: Members, tmp_path: Path) -> None:
    content = {**members, inside(members, "data/weights/weight_0"): b""}
    with pytest.raises(ModelError, match=r"it holds no values of convolution\.weight"):
        load_program(write_members(tmp_path / "net.pt2", content))


def test_bytes_are_loaded_as_a_file_is(members: Members, tmp_path: Path) -> None:
    content = write_members(tmp_path / "net.pt2", members).read_bytes()
    pictures = torch.rand(5, 3, 8, 8)
    torch.testing.assert_close(load_program(io.BytesIO(content)).module()(pictures), Network().eval()(pictures))
