"""The command `tangleway`: all verbs, errors in one sentence, exit codes that mean something.

`command` has the verbs and imports only what their help needs; each verb imports what it does
when it is called. Nothing below this package prints.
"""

__all__: list[str] = []
