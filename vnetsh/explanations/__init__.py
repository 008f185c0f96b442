"""What the codes of diagnostics mean, for someone who met one: read only when somebody asks."""

from vnetsh.explanations.explanation import (
    Explanation as Explanation,
    load_explanations as load_explanations,
)
