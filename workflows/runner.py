"""One way to run our workflows, shared by worker, tests and replayer."""

from temporalio.worker import UnsandboxedWorkflowRunner, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions


def sandboxed_runner() -> SandboxedWorkflowRunner:
    """Our packages pass through: otherwise every case imports the whole database stack again."""
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(
            "arrears",
            "activities",
            "workflows.hearing",
            "workflows.naming",
            "workflows.options",
            "workflows.telling",
            "sqlalchemy",
            "sqlmodel",
            "pysqlite3",
            "psycopg",
            "typst",
            "babel",
        )
    )


def runner(*, unsandboxed: bool) -> WorkflowRunner:
    return UnsandboxedWorkflowRunner() if unsandboxed else sandboxed_runner()
