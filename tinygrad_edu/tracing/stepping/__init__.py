"""Stepping through a trace, without a screen: where one is, what stops, and what each pane says.

`stepper` moves over the `outline` of a trace, up to what `breaks` are set on; `panes` says in text
what is to be seen there: the `listing` of both codes, tensors in `characters`, the `ledger` of a
gradient, and `why`. `terminal` puts it on a screen, and at a prompt.
"""
