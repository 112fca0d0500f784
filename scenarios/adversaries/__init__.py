"""Adversaries: actors that cheat, for stories and tests; nothing of the product imports them.

Each has the honest agent inside and one lie around it: another wallet, another way to the node,
or words that are changed on their way out (`tampering`). So whatever an honest partner does to an
honest agent, it does to these, and what it must not lose is checked against them. `behaviours`
(in `scenarios`) lists them; `stranger` is nobody's partner and meddles with every socket.

- cars: `double_spends`, `stops_paying`, `replays_vouchers`, `floods_calls`;
- chargers: `over_reads`, `forges_bills`, `keeps_holds`;
- gates: `denies_payment`;
- the node, as far as an agent sees it: `bad_node`.
"""
