"""The wallet of a person or a fleet: words on paper, keys, addresses, a locked file, payments.

- *Words*: `new_words`, `check_words` and `Seed.from_words`, after BIP-39. Whoever has the words has
  the wallet.
- *Keys*: `Purse` derives accounts from a seed, after SLIP-0010: a main account, and a fresh one for
  each trip (`fresh_account`, `next_fresh_index`). `derivation` has the standard itself.
- *Addresses*: `encode_address` and `decode_address`; `bech32m` is the text form, after BIP-350.
- *The file*: `create_keystore`, `open_keystore`, `keystore_network`; sealed under a password
  (`sealing`), its owner's alone (`secret_files`). `password_bytes` and `check_new_password` say
  what a password is.
- *Payments*: `Teller` pays and sweeps through a node, `statement` tells what came and went.
- *What goes wrong*: `errors`, where the leaves are drawn.

An agent's wallet is another thing: `agent_runtime.Wallet` signs with the one key of its agent. This
one stands behind it, derives that key and funds it. No secret shows in a text form or an error.
"""

from wallet.addresses import address_prefix, decode_address, encode_address
from wallet.derivation import account_path, path_text
from wallet.errors import (
    AddressError,
    AddressNetworkError,
    ConfirmationError,
    KeystoreDamagedError,
    MemoryShortError,
    NetworkMismatchError,
    NodeBusyError,
    PasswordError,
    PathError,
    PaymentRefusedError,
    PaymentUnknownError,
    SecretFileError,
    SecretFileExistsError,
    SecretFileExposedError,
    SecretFileMissingError,
    UnknownWordError,
    WordChecksumError,
    WordCountError,
    WordsError,
    WrongPasswordError,
)
from wallet.keystore import OpenWallet, create_keystore, keystore_network, open_keystore
from wallet.ledger_port import LedgerPort
from wallet.passwords import check_new_password, password_bytes
from wallet.purse import Purse, next_fresh_index
from wallet.sealing import MODERATE, Cost
from wallet.secret_files import check_absent, read_secret, write_secret
from wallet.statement import Entry, Event, statement
from wallet.teller import Payment, Teller
from wallet.words import Seed, check_words, new_words

__all__ = [
    "MODERATE",
    "AddressError",
    "AddressNetworkError",
    "ConfirmationError",
    "Cost",
    "Entry",
    "Event",
    "KeystoreDamagedError",
    "LedgerPort",
    "MemoryShortError",
    "NetworkMismatchError",
    "NodeBusyError",
    "OpenWallet",
    "PasswordError",
    "PathError",
    "Payment",
    "PaymentRefusedError",
    "PaymentUnknownError",
    "Purse",
    "SecretFileError",
    "SecretFileExistsError",
    "SecretFileExposedError",
    "SecretFileMissingError",
    "Seed",
    "Teller",
    "UnknownWordError",
    "WordChecksumError",
    "WordCountError",
    "WordsError",
    "WrongPasswordError",
    "account_path",
    "address_prefix",
    "check_absent",
    "check_new_password",
    "check_words",
    "create_keystore",
    "decode_address",
    "encode_address",
    "keystore_network",
    "new_words",
    "next_fresh_index",
    "open_keystore",
    "password_bytes",
    "path_text",
    "read_secret",
    "statement",
    "write_secret",
]
