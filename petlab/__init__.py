"The fast.ai course's second lesson as a laboratory that runs"

__version__ = "0.0.1"

import warnings

# fastai 2.8 still scripts two functions with torch.jit, and newer torch says so at every import
warnings.filterwarnings('ignore', message='`torch.jit.script` is deprecated', category=FutureWarning)

class PetlabError(Exception): "A mistake that its message explains, with the file or value and the cure; the `petlab` command shows no traceback for it"
