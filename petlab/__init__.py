"The fast.ai course's second lesson as a laboratory that runs"

__version__ = "0.0.1"

import os, sys, warnings

# A thread of torch that waits for the others shall sleep, not spin: beside other programs that is several times faster
os.environ.setdefault('OMP_WAIT_POLICY', 'passive')
# fastai 2.8 still scripts two functions with torch.jit, and newer torch says so at every import
warnings.filterwarnings('ignore', message='`torch.jit.script` is deprecated', category=FutureWarning)
warnings.filterwarnings('ignore', message='IProgress not found')  # tqdm's, of a widget that petlab does not use

# OpenVINO tells its makers of every import, over the network; without the package that does so it does not
sys.modules.setdefault('openvino_telemetry', None)

class PetlabError(Exception): "A mistake that its message explains, with the file or value and the cure; the `petlab` command shows no traceback for it"
