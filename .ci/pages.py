"Notebooks made ready for a reader: what nbdev does for Quarto, done for Sphinx (`nbs/conf.py`) and for the README"
import inspect, re
from enum import Enum
from importlib import import_module
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from posixpath import join, normpath

from fastcore.basics import first
from fastcore.docments import docments, docstring
from fastcore.nbio import mk_cell, read_nb
from nbdev.config import get_config, nbpath2html
from nbdev.doclinks import NbdevLookup, _lineno
from nbdev.process import NBProcessor
from nbdev.processors import FilterDefaults, _default_exp, add_links, exec_show_docs, insert_warning

cfg = get_config(Path(__file__).parent)
def name_of(path): return nbpath2html(Path(path)).with_suffix('').as_posix()

guides = 'train_on_your_own', 'which_labels_are_wrong', 'good_enough', 'save_load_predict', 'serve', 'tune' # in the order in which they are needed

def _order(path): return guides.index(path.stem) if path.stem in guides else len(guides), path.stem

groups = {o: sorted(cfg.nbs_path.glob(f'{o}[!_]*.ipynb'), key=_order) for o in ('lesson/', 'guides/')} | {'': sorted(cfg.nbs_path.glob('[0-9]*_*.ipynb'))}
rooms = cfg.nbs_path/'guides'/'rooms.ipynb' # the front page of the reference
groups['guides/'] = [p for p in groups['guides/'] if p!=rooms]
sources = {name_of(p.relative_to(cfg.nbs_path)): p for p in [cfg.nbs_path/cfg.readme_nb, *(p for ps in groups.values() for p in ps), rooms] if p.exists()}

_torch,_scipy = 'https://docs.pytorch.org/docs/stable','https://scikit-learn.org/stable/modules/generated'
elsewhere = {r'(?:torch\.)?(nn\.[A-Z]\w+)': _torch+'/generated/torch.{}.html', r'Module': _torch+'/generated/torch.nn.Module.html',
    r'(?:torch\.)?Tensor': _torch+'/tensors.html#torch.Tensor', r'torch\.(autocast)': _torch+'/amp.html#torch.{}', r'torch\.(hub)': _torch+'/hub.html',
    r'torch\.(\w+)': _torch+'/generated/torch.{}.html', r'timm\.(\w+)': 'https://huggingface.co/docs/timm/reference/models#timm.{}', r'timm': 'https://huggingface.co/docs/timm',
    r'(resnet\d+|convnext_tiny)': 'https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.{}.html',
    r'(?:np\.)?(ndarray)': 'https://numpy.org/doc/stable/reference/generated/numpy.{}.html', r'(?:pd\.)?(DataFrame|Series)': 'https://pandas.pydata.org/docs/reference/api/pandas.{}.html',
    r'(LogisticRegression|RidgeCV)': f'{_scipy}/sklearn.linear_model.{{}}.html', r'Path': 'https://docs.python.org/3/library/pathlib.html#pathlib.Path',
    r'Image': 'https://pillow.readthedocs.io/en/stable/reference/Image.html#PIL.Image.Image'} # addresses by rule: nothing is looked up while building

class Lookup(NbdevLookup):
    "nbdev's index of this library and of fastai, fastcore and nbdev, and the addresses of what has no such index; in another library's name is a capital, a dot or a _"
    def doc(self, sym):
        found = super().doc(sym)
        if found and (found.startswith(cfg.doc_url) or re.search(r'[A-Z._]', sym)): return found
        return first(url.format(*m.groups()) for k,url in elsewhere.items() if (m := re.fullmatch(k, sym)))

lookup = Lookup((cfg.lib_name, 'fastai', 'fastcore', 'nbdev'), skip_mods=f'{cfg.lib_name}.cli') # `zoo` in a text is the function of the library, not the command

class Filter(FilterDefaults):
    "nbdev's processors, without the one that runs the notebook again: the API is read from the module"
    def base_procs(self): return [p for p in super().base_procs() if p not in (exec_show_docs, insert_warning, add_links)]

class Shown:
    "A parameter's default as a reader wants to see it"
    def __init__(self, o): self.o = o
    def __repr__(self):
        if isinstance(self.o, Enum): return str(self.o)
        return getattr(self.o, '__name__', None) or re.sub(' at 0x[0-9a-f]+', '', repr(self.o))

def _type(anno):
    if anno in (inspect.Parameter.empty, type(None)): return ''
    if isinstance(anno, str): return anno
    return anno.__name__ if inspect.isroutine(anno) else re.sub(r'(\w+\.)+(?=\w)', '', inspect.formatannotation(anno))

def _row(*cols): return '| ' + ' | '.join(re.sub(r'(?<!\\)\|', r'\|', str(c)).replace('\n', ' ') for c in cols) + ' |'

def _code(s): return f'`{s}`' if s else ''

def _types(s): return r' \| '.join(map(_code, s.split('|'))) if re.fullmatch(r'[\w.|]+', s) else _code(s)

def params(
    sym, # function, method or class
): # its docments as a Markdown table, '' where nothing is documented
    "The parameters of `sym` with type, default and what they are"
    dms = {k:v for k,v in docments(sym, full=True).items() if k!='self'}
    if not any(d.docment for d in dms.values()): return ''
    def _cols(k, d):
        default = '' if d.default is inspect.Parameter.empty else _code(Shown(d.default))
        return '*returns*' if k=='return' else f'<code>{k}</code>', _types(_type(d.anno)), default, d.docment or ''
    if 'kwargs' in dms and not dms['kwargs'].docment: del dms['kwargs']
    if 'return' in dms and not (dms['return'].docment or _type(dms['return'].anno)): del dms['return']
    return '\n'.join(_row(*r) for r in [('Parameter', 'Type', 'Default', 'Details'), ['---']*4, *(_cols(k, d) for k,d in dms.items())])

def _count(table):
    n = table.count('\n| <code>')
    return ', '.join([*([f'{n} parameter{"s"*(n>1)}'] if n else []), *(['what it returns'] if '| *returns* |' in table else [])])

def signature(sym):
    "`sym`'s parameters and their defaults, without the types: they stand in the table"
    def _plain(p): return p.replace(annotation=p.empty, default=p.default if p.default is p.empty else Shown(p.default))
    return str(inspect.Signature([_plain(p) for p in inspect.signature(sym).parameters.values() if p.name!='self']))

def api(
    module:str, # name of the module that has the symbol
    name:str, # of the symbol, such as 'pet_dls' or 'Learner.save'
):
    "MyST directive that documents a symbol: signature, docstring, parameter table"
    sym = attrgetter(name)(import_module(module))
    kind = 'property' if isinstance(sym, property) else 'class' if inspect.isclass(sym) else 'method' if '.' in name else 'function'
    if kind=='property': sym = sym.fget
    if kind=='class' and issubclass(sym, BaseException): kind = 'exception'
    called = kind in ('function', 'method') or kind=='class' and not {'__init__', '__new__'}.isdisjoint(vars(sym))
    sig,table = (signature(sym), params(sym)) if called else ('', '')
    folded = f'<details class="parameters"><summary>{_count(table)}</summary>\n\n{table}\n\n</details>' if table else ''
    text = re.sub(r'(?<![<\w"])(?<!\]\()https?://[^\s)>\]]+', r'<\g<0>>', docstring(sym))
    body = lookup.linkify(f'{text}\n\n{folded}')
    return f'`````{{py:{kind}}} {name}{sig}\n:module: {module}\n\n{body}\n`````'

_re_page = re.compile(rf'(\]\(|href="|src=")(?:{re.escape(cfg.doc_url)}|\./)?(?!\w+:)([\w/.-]+?)\.(?:html|ipynb)(#[^)"\s]*)?(?=[)"\s])')

def relink(
    md:str, # Markdown
    to, # function of a page's name, such as 'pets', and an anchor or '', that returns a link
    folder='', # of the notebook below `nbs/`
):
    "`md` with each link to a page, whether it names the notebook, the page or the hosted site, replaced"
    def _f(m):
        name = name_of(normpath(m[2] if cfg.doc_url in m[0] else join(folder, m[2])))
        return m[1] + to(name, (m[3] or '#')[1:]) if name in sources else m[0]
    return _re_page.sub(_f, md)

_re_dir = re.compile(r'^#\|\s*([\w-]+)\s*:?\s*(.*)\n?', re.M)
_re_doc = re.compile(r'^show_doc\(([\w.]+)', re.M)

def _text(out): return ''.join(out.get('text', '') or out.get('data', {}).get('text/markdown', ''))

def _cell(cell, module):
    "Quarto's directives, as far as they are used here, turned into what myst-nb and nbconvert know; None leaves the cell out"
    if cell.cell_type!='code': return cell
    if sym := _re_doc.search(cell.source):
        res = mk_cell(api(module, sym[1]), 'markdown')
        res.symbol,res.module = sym[1],module
        return res
    dirs = dict(_re_dir.findall(cell.source))
    cell.source = re.sub(r'^# chkstyle:.*\n?', '', _re_dir.sub('', cell.source), flags=re.M).strip()
    if dirs.get('include')=='false': return
    if dirs.get('output')=='asis': return mk_cell('\n\n'.join(map(_text, cell.outputs)), 'markdown')
    if dirs.get('output')=='false': cell.outputs = []
    cell.metadata['tags'] = ['remove-input'] if dirs.get('echo')=='false' else ['hide-input'] if dirs.get('code-fold')=='true' else []
    meta = first(o.metadata['image/png'] for o in cell.outputs if 'image/png' in o.get('metadata', {})) or {}
    image = dict(alt=dirs.get('fig-alt', '').strip('"'), width=f"{meta['width']}px" if 'width' in meta else None)
    cell.metadata['mystnb'] = dict(image={k:v for k,v in image.items() if v})
    if not cell.source and not cell.outputs: return
    return cell

def place(
    module:str, # name of a module
    name:str, # of a symbol that it defines
): # URL of its file in the repository, and the line; None for what is not in nbdev's index
    "Where a symbol is defined"
    if found := lookup[f'{module}.{name}']: return found[2],_lineno(name, found[1])

def _level(c): return len(re.match('(#+ )?', c.source)[0]) if c.cell_type=='markdown' else 0

def _filled(cells):
    "`cells` without the headings that have nothing under them, since what they had is hidden"
    res = []
    for c in reversed(cells):
        lone = _level(c) and '\n' not in c.source.strip()
        if not (lone and (not res or 0<_level(res[-1])<=_level(c))): res.append(c)
    return res[::-1]

def page(
    path:Path, # of a notebook
): # the notebook as a reader should see it, with title, description and the symbols that it documents
    "Hidden cells gone, the API beside its examples"
    module = f'{cfg.lib_name}.{_default_exp(read_nb(path))}'
    nb = NBProcessor(path, procs=Filter().procs(), rm_directives='quarto', process=True).nb
    fm = getattr(nb, 'frontmatter_', {})
    nb.title,nb.description = fm.get('title', path.stem),fm.get('description', '')
    cells = [c for c in (_cell(c, module) for c in nb.cells if c.cell_type!='raw') if c]
    nb.cells = [c for documented,run in groupby(cells, lambda c: 'symbol' in c) for c in (sorted(run, key=lambda c: place(c.module, c.symbol)) if documented else run)]
    nb.cells = _filled(nb.cells)
    for c in nb.cells:
        if c.cell_type=='markdown' and 'symbol' not in c: c.source = lookup.linkify(c.source) or ''
    nb.symbols = [c.symbol for c in nb.cells if 'symbol' in c]
    nb.metadata.pop('widgets', None)
    nb.metadata['language_info'] = dict(name='python', pygments_lexer='ipython3')
    return nb
