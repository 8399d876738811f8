"""What ``pytest parity_tests --scoreboard FILE.json`` writes: how every op fared, and how exactly.

`board` takes down each comparison while the suite runs, `plugin` collects what the processes took
down and writes it, `page` makes a page of it to look at.
"""
