"The fast.ai course's second lesson as a laboratory that runs"

__version__ = "0.0.1"

import os, sys

def _interrupted(*_):
    "Ctrl-C in the `petlab` command before its `main` begins and after it has ended"
    try: os.write(2, b'petlab: interrupted\n')
    finally: os._exit(130)

# In the command's own process alone: until `main` takes over, what is imported would answer Ctrl-C with a traceback
if os.path.basename(sys.argv[0] if getattr(sys, 'argv', None) else '') in ('petlab', 'petlab.exe', 'petlab-script.py'):
    import _signal as signal  # the part of it that loads nothing
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler: signal.signal(signal.SIGINT, _interrupted)

import warnings

# A thread of torch that waits for others shall soon sleep, not spin: beside other programs that is several times faster, alone as fast
if 'OMP_WAIT_POLICY' not in os.environ: os.environ.setdefault('GOMP_SPINCOUNT', '300')
# fastai 2.8 still scripts two functions with torch.jit, and newer torch says so at every import
warnings.filterwarnings('ignore', message='`torch.jit.script` is deprecated', category=FutureWarning)
warnings.filterwarnings('ignore', message='IProgress not found')  # tqdm's, of a widget that petlab does not use

# OpenVINO tells its makers of every import, over the network; without the package that does so it does not
sys.modules.setdefault('openvino_telemetry', None)

class PetlabError(Exception): "A mistake that its message explains, with the file or value and the cure; `petlab` shows no traceback for it"
