import sys
from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output
from importlinter.domain.imports import Module


class StandardLibraryContract(Contract):
    """For import-linter: outside this project, `packages` import only the standard library, less what `without` names."""

    type_name = "standard_library"

    packages = fields.ListField(subfield=fields.ModuleField())
    without = fields.ListField(subfield=fields.StringField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        packages = [package.name for package in cast("list[Module]", self.packages)]
        allowed = sys.stdlib_module_names - set(cast("list[str] | None", self.without) or ())
        foreign = [
            (importer, imported)
            for package in packages
            for importer in sorted({package} | graph.find_descendants(package))
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if graph.is_module_squashed(imported) and imported.partition(".")[0] not in allowed
        ]
        return ContractCheck(kept=not foreign, metadata={"foreign": foreign})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported in check.metadata["foreign"]:
            output.print_error(f"{importer} imports {imported}")
