"""What the codes of plans mean that are made by their hash: from a page, or by another program."""

from __future__ import annotations

from vnetsh.explanations.explanation import Explanation

OFFER_PROBLEMS = (
    Explanation(
        "E620",
        "a text that comes from elsewhere and reaches for this machine",
        "What is planned from a page (`vnetsh web --write`) or by another program may change what the hosts hold, "
        "and no more than that. It reads no file of the machine where vnetsh runs, neither by `include` nor as a "
        "secret, a key or what a guest is told; it says nothing of how hosts are reached; and verbs that only "
        "show something, or write it into a file, are for who sits at that machine. Run it there as a script.",
    ),
    Explanation(
        "E621",
        "a plan that is no longer true",
        "A plan from a page or a program is made by its hash, which says all that it would do and what the hosts "
        "held where it would do it. They hold something else now, or that plan was made already, or the server "
        "was started anew since. Nothing was changed: plan anew, and look at what that would do.",
    ),
    Explanation(
        "E622",
        "a plan that costs more than is allowed here",
        "Who started `vnetsh web` or `vnetsh mcp` said by `--max-impact` what may be done through it at most: "
        "`none`, `live`, `brief`, `restart` or `destroy`. This plan costs more, and nothing that is asked for "
        "there changes that. Run it where vnetsh is, or start the server with another limit.",
    ),
    Explanation(
        "E623",
        "a question that was not answered",
        "A plan that costs more than `live` is made only when somebody says so: `yes`, or where data is lost the "
        "name of what it is lost of. What was answered is something else, and nothing was changed.",
    ),
)
