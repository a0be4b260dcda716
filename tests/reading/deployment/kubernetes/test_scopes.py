from __future__ import annotations

from poollint.model.source import SourceFile
from poollint.reading.deployment.kubernetes.scopes import below, environment, root, scopes
from poollint.reading.deployment.linking.documents import Manifest
from poollint.syntax import yaml
from poollint.syntax.yaml import Mapping


def manifest(path: str, name: str, namespace: str = "", kind: str = "Deployment") -> Manifest:
    text = f"kind: {kind}\nmetadata: {{name: {name}, namespace: {namespace or '~'}}}\n"
    source = SourceFile(path, text)
    (document,) = yaml.read(source).documents
    assert isinstance(document, Mapping)
    return Manifest(kind, document, source)


def names(*manifests: Manifest) -> dict[str, list[str]]:
    return {s.name: [m.name for m in s.manifests] for s in scopes(manifests, "")}


def test_folders_name_environments() -> None:
    assert environment("k8s/prod/web.yaml") == "k8s/prod"
    assert environment("k8s/overlays/eu/web.yaml") == "k8s/overlays/eu"
    assert environment("k8s/web.yaml") == ""
    assert environment("prod.yaml") == ""


def test_paths_are_seen_from_the_root_of_the_tree() -> None:
    assert root(["/tmp/test/a/x.yaml", "/tmp/test/b/y.yaml"]) == "/tmp/test"
    assert root(["a.yaml", "b/c.yaml"]) == ""
    assert root(["/a.yaml", "b.yaml"]) == ""
    assert root([]) == ""
    assert below("/tmp/test/a/x.yaml", "/tmp/test") == "a/x.yaml"
    assert below("a", "a") == ""


def test_environments_are_never_added_up() -> None:
    found = names(manifest("k8s/dev/web.yaml", "web"), manifest("k8s/prod/web.yaml", "web"))
    assert found == {"k8s/dev": ["web"], "k8s/prod": ["web"]}


def test_trees_of_environments_alone_may_lie_anywhere() -> None:
    one = manifest("/srv/shop/k8s/dev/web.yaml", "web")
    assert [scope.name for scope in scopes([one], "/srv/shop")] == ["k8s/dev"]
    assert scopes([], "/srv/shop") == ()


def test_folders_of_parts_belong_together() -> None:
    found = names(manifest("k8s/web/a.yaml", "web"), manifest("k8s/db/b.yaml", "db"))
    assert found == {"k8s": ["web", "db"]}


def test_what_would_overwrite_each_other_is_apart() -> None:
    found = names(
        manifest("a/web.yaml", "web"), manifest("a/db.yaml", "db"), manifest("b/web.yaml", "web")
    )
    assert found == {"a": ["web", "db"], "b/web.yaml": ["web"]}
    found = names(manifest("x/a.yaml", "web"), manifest("x/b.yaml", "web"))
    assert found == {"x/a.yaml": ["web"], "x/b.yaml": ["web"]}


def test_folders_are_divided_no_further_than_objects_clash() -> None:
    shop = (
        manifest("k8s/db.yaml", "db"),
        manifest("k8s/web/web.yaml", "web"),
        manifest("k8s/api/v1/api.yaml", "api"),
    )
    old = manifest("apps/old/k8s/db.yaml", "db")
    assert names(*shop, old) == {"k8s": ["db", "web", "api"], "apps/old/k8s/db.yaml": ["db"]}
    again = manifest("k8s/api/v2/api.yaml", "api")
    assert names(*shop, again, old) == {
        "k8s/db.yaml": ["db"],
        "k8s/web/web.yaml": ["web"],
        "k8s/api/v1/api.yaml": ["api"],
        "k8s/api/v2/api.yaml": ["api"],
        "apps/old/k8s/db.yaml": ["db"],
    }


def test_namespaces_with_the_same_workloads_are_environments() -> None:
    found = names(
        manifest("k8s/all.yaml", "web", "dev"),
        manifest("k8s/all.yaml", "web", "prod"),
        manifest("k8s/all.yaml", "settings", kind="ConfigMap"),
    )
    assert found == {"k8s/dev": ["web", "settings"], "k8s/prod": ["web", "settings"]}


def test_namespaces_with_different_workloads_belong_together() -> None:
    found = names(manifest("k8s/a.yaml", "web", "app"), manifest("k8s/b.yaml", "db", "data"))
    assert found == {"k8s": ["web", "db"]}


def leading(path: str, host: str, namespace: str = "", name: str = "web") -> Manifest:
    where = f", namespace: {namespace}" if namespace else ""
    text = f"kind: Deployment\nmetadata: {{name: {name}{where}}}\nspec: {{at: {host}}}\n"
    source = SourceFile(path, text)
    (document,) = yaml.read(source).documents
    assert isinstance(document, Mapping)
    return Manifest("Deployment", document, source)


def shared_server() -> Manifest:
    text = (
        "kind: StatefulSet\nmetadata: {name: pg, namespace: data}\n"
        "spec: {template: {spec: {containers: [{name: pg, image: postgres}]}}}\n"
    )
    source = SourceFile("k8s/pg.yaml", text)
    (document,) = yaml.read(source).documents
    assert isinstance(document, Mapping)
    return Manifest("StatefulSet", document, source)


def test_who_else_leads_to_a_shared_namespace_is_told() -> None:
    server, host = shared_server(), "pg.data.svc.cluster.local"
    both = [leading(f"{name}/web.yaml", host) for name in ("dev", "prod")]
    told = "what connects to the namespace `data` in {} is counted there"
    found = {scope.name: scope.notes for scope in scopes([server, *both], "")}
    assert found == {"dev": (told.format("`prod`"),), "prod": (told.format("`dev`"),)}
    found = {scope.name: scope.notes for scope in scopes([server, both[0]], "")}
    assert found == {"dev": ()}


def test_what_leads_to_one_server_by_its_full_name_is_one_environment() -> None:
    server, host = shared_server(), "pg.data.svc.cluster.local"
    web = leading("k8s/prod/web.yaml", host, "prod")
    jobs = leading("k8s/jobs/jobs.yaml", host, "jobs", "jobs")
    alone = leading("k8s/other/other.yaml", "127.0.0.1", "other", "other")
    found = scopes([server, web, jobs], "")
    assert [(one.name, {m.name for m in one.manifests}) for one in found] == [
        ("k8s/prod", {"pg", "web", "jobs"})
    ]
    assert found[0].notes == ()
    with_another = {one.name: one.notes for one in scopes([server, web, jobs, alone], "")}
    assert with_another["k8s/prod"] == ()


def test_several_clusters_may_have_servers_of_one_name() -> None:
    server, host = shared_server(), "pg.data.svc.cluster.local"
    envs = [leading(f"k8s/{name}/web.yaml", host, name) for name in ("dev", "prod")]
    jobs = leading("k8s/jobs/jobs.yaml", host, "jobs", "jobs")
    same = leading("k8s/jobs/web.yaml", host, "prod")  # it would take the place of prod's own
    found = {one.name: {m.name for m in one.manifests} for one in scopes([server, *envs, jobs], "")}
    assert "jobs" not in found["k8s/dev"] | found["k8s/prod"]
    divided = {one.name: len(one.manifests) for one in scopes([server, envs[1], same], "")}
    assert divided["k8s/prod"] == 2


def test_what_scales_a_workload_scales_it_in_each_file_that_states_it() -> None:
    scaler, *rest = (
        manifest("k8s/hpa.yaml", "web", kind="HorizontalPodAutoscaler"),
        manifest("k8s/web.yaml", "web"),
        manifest("k8s/web-with-init.yaml", "web"),
        manifest("k8s/jobs.yaml", "jobs"),
    )
    text = "kind: HorizontalPodAutoscaler\nspec: {scaleTargetRef: {kind: Deployment, name: web}}\n"
    (document,) = yaml.read(SourceFile("k8s/hpa.yaml", text)).documents
    assert isinstance(document, Mapping)
    found = scopes((Manifest(scaler.kind, document, scaler.source), *rest), "")
    kinds = {scope.name: [m.kind for m in scope.manifests] for scope in found}
    both = ["Deployment", scaler.kind]
    assert (kinds["k8s/web.yaml"], kinds["k8s/web-with-init.yaml"]) == (both, both)
    assert kinds["k8s/jobs.yaml"] == ["Deployment"]
