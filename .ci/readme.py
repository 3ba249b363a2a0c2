"Make README.md from `nbs/index.ipynb`, its pictures as files in `nbs/images/`; `readme.py DIR` makes them in DIR"
import re, sys
from base64 import b64decode
from pathlib import Path

import nbformat
from fastcore.nbio import nb2str
from nbconvert import MarkdownExporter
from traitlets.config import Config

from pages import cfg, page, relink, sources

images = Path(cfg.nbs_path.name)/'images'
kinds = {'image/png': 'png', 'image/jpeg': 'jpg', 'image/svg+xml': 'svg'}

def picture(
    out, # of a cell, with an image among its data
    cell, # its cell: what the picture shows and how wide it is
    dest:Path, # file to write
): # Markdown that shows it
    "Write the picture in `out` to a file"
    mime = next(k for k in kinds if k in out.data)
    data = ''.join(out.data[mime])
    dest.write_bytes(data.encode() if mime=='image/svg+xml' else b64decode(data))
    meta = cell.metadata['mystnb']['image']
    width = f' width="{meta["width"].removesuffix("px")}"' if 'width' in meta else ''
    return f'<img src="{(images/dest.name).as_posix()}" alt="{meta.get("alt", cfg.description)}"{width}>'

def build(
    dest:Path, # folder to write README.md and nbs/images/ to
):
    "README.md and its pictures; pictures of an earlier README are removed"
    nb = page(sources['index'])
    (dest/images).mkdir(parents=True, exist_ok=True)
    for o in (dest/images).glob('index-*'): o.unlink()
    for c in nb.cells:
        if c.cell_type=='markdown': c.source = relink(c.source, lambda name,anchor: sources[name].relative_to(cfg.config_path).as_posix()+(f'#{anchor}' if anchor and '/' in name else ''))
        for o in c.get('outputs', []):
            if any(k in o.get('data', {}) for k in kinds):
                kind = next(v for k,v in kinds.items() if k in o.data)
                o.data = {'text/markdown': picture(o, c, dest/images/f'index-{len([*(dest/images).glob("index-*")])}.{kind}')}
            elif 'text/html' in o.get('data', {}): o.data['text/html'] = re.sub(r'<style.*?</style>\s*', '', ''.join(o.data['text/html']), flags=re.S)
    export = MarkdownExporter(config=Config(TagRemovePreprocessor=dict(enabled=True, remove_input_tags={'remove-input'})))
    body,_ = export.from_notebook_node(nbformat.reads(nb2str(nb), as_version=4))
    note = f'<!-- Made from {cfg.nbs_path.name}/{sources["index"].name} by `make readme`: edit that, not this -->'
    text = f'# {nb.title}\n\n{note}\n\n{nb.description}\n\n{body.strip()}\n'
    (dest/'README.md').write_text(re.sub(r'\n{3,}', '\n\n', text), encoding='utf-8')

if __name__=='__main__': build(Path(sys.argv[1]) if len(sys.argv)>1 else cfg.config_path)
