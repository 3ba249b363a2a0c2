"JupyterLab's configuration in `make lab`: a notebook is cleaned as it is saved, just as `nbdev-clean` would"
from nbdev.clean import _nbdev_clean

def clean(model, **kwargs):
    if model['type']=='notebook' and model['content']['nbformat']==4: _nbdev_clean(model['content'])

c.ContentsManager.pre_save_hook = clean
