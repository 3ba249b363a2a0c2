"The fast.ai course's second lesson as a laboratory that runs"

__version__ = "0.0.1"

class PetlabError(Exception): "A mistake that its message explains, with the file or value and the cure; the `petlab` command shows no traceback for it"
