"""`sodai up`, `down`, `deploy`, `status`: the cloud and the stack."""

from typing import Annotated, Any

import typer

from sodai_local.console import JsonOption, print_json, say, warn

ParameterOption = Annotated[
    list[str] | None,
    typer.Option("--parameter", "-p", help="Parameter of the stack, Name=value; kept."),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("up")(up)
    app.command("down")(down)
    app.command("deploy")(deploy)
    app.command("status")(show_status)


def up(
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Port of the front door.  [default: PORT, else 8080]"),
    ] = None,
    deploy: Annotated[
        bool, typer.Option("--deploy/--no-deploy", help="Deploy the stack too.")
    ] = True,
    parameter: ParameterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Start the embedded cloud in the background and deploy the stack."""
    from sodai_local import lifecycle
    from sodai_local.settings import parse_parameters

    reported: list[str] = []

    def report(text: str) -> None:
        reported.append(text)
        (warn if as_json else say)(text)

    told = lifecycle.up(
        port, deploy=deploy, parameters=parse_parameters(parameter or []), report=report
    )
    if as_json:
        print_json(told)
        return
    if not reported:
        say("Already running.")
    say(f"Site {told['url']} · API {told['api_url']}/docs")


def down(as_json: JsonOption = False) -> None:
    """Stop what `sodai up` started, and only that."""
    from sodai_local import lifecycle

    stopped = lifecycle.down(report=warn)
    if as_json:
        print_json({"stopped": stopped})
    elif stopped:
        say("Stopped. Data and forecasts are kept; `sodai up` goes on from here.")
    else:
        say("Nothing was running.")


def deploy(
    target: Annotated[
        str | None, typer.Option(help="embedded, localstack or aws.  [default: TARGET]")
    ] = None,
    parameter: ParameterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make stack and site what the sources say."""
    import os

    from sodai_local.settings import parse_parameters

    if target:
        os.environ["TARGET"] = target
    outputs = deploy_to_target(parse_parameters(parameter or []), warn if as_json else say)
    if as_json:
        print_json(dict(outputs))
    else:
        say("The stack is as the template says.")


def deploy_to_target(parameters: dict[str, str], report: Any) -> Any:
    """Deploy to the chosen target; return the stack's outputs."""
    from sodai_local.cloud import connect
    from sodai_local.embedded import EmbeddedCloud
    from sodai_local.lifecycle import deploy_embedded
    from sodai_local.sam import deploy_with_sam
    from sodai_local.settings import roles_are_enforced, stack_parameters
    from sodai_local.site import publish_site
    from sodai_local.state import State, stack_name
    from sodai_local.targets import chosen_target

    state, target = State.find(), chosen_target()
    with state.lock(report):
        if target == "embedded":
            embedded = EmbeddedCloud(state, stack_name(), auth=roles_are_enforced())
            return deploy_embedded(embedded, parameters, report)
        cloud = connect(require_stack=False)
        deploy_with_sam(target, stack_parameters(state, parameters), cloud.endpoint)
        cloud.refresh()
        publish_site(cloud, state, report)
        return cloud.outputs


def show_status(as_json: JsonOption = False) -> None:
    """Tell whether the cloud runs, where, and what is published."""
    from sodai_local.status import status

    told = status()
    if as_json:
        print_json(told)
        return
    if not told["running"]:
        say("The embedded cloud is not running. Start it with: sodai up")
        return
    say(f"site         {told['url'] or 'the front door is closed; open it with: sodai up'}")
    say(f"API          {told['api_url'] or '–'}")
    say(f"stack        {told['stack']}")
    say(f"target week  {told['target_week'] or 'nothing published yet'}")
    say(f"model        {told['model_version'] or '–'}")
    say(f"published    {told['published_at'] or '–'}")
    say(f"last run     {told['last_run'] or '–'}")
