"""A change that nobody may make to running cases: one more timer at the very beginning."""

from temporalio import workflow

from arrears.contracts import CaseInput
from workflows.collection_case import CollectionCase


@workflow.defn(name="CollectionCase")
class HastyCase(CollectionCase):
    @workflow.init
    def __init__(self, life: CaseInput) -> None:
        super().__init__(life)

    @workflow.run
    async def run(self, life: CaseInput) -> str:
        await workflow.sleep(1)
        return await super().run(life)
