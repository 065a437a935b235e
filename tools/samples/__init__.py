"""How are the sample organizations of `data-samples/` made?

The folder listing is the story: `chance` draws, `cast` names who exists,
`identities` and `records` write what CloudTrail would write, the `scenes_*`
modules play ordinary days, `attack_*` plays the one bad night, `delivery`
turns events into log files, `digests` signs them, `manifest` tells the truth,
and `build` puts it all together. `scale` writes as many records as a
benchmark wants.
"""
