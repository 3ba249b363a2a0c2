"Sphinx's configuration: the notebooks, processed by `.ci/pages.py` into `_proc/pages`, as a site that needs no other host"
import shutil, sys
from functools import partial
from pathlib import Path

from docutils import nodes
from docutils.utils.math import latex2mathml
from fastcore.nbio import mk_cell, write_nb
from sphinx.addnodes import desc_signature

here = Path(__file__).parent
sys.path.insert(0, str(here.parent/'.ci'))
from pages import cfg, lookup, page, place, relink, sources

proc = cfg.config_path/'_proc'
project,author,release,language = cfg.lib_name,f'the {cfg.lib_name} authors',cfg.version,'en'
copyright = f'{author}, Apache License 2.0'
extensions = ['myst_nb', 'sphinx.ext.linkcode']
nb_execution_mode = 'off'
nb_merge_streams = True
nb_render_markdown_format = 'gfm'
myst_enable_extensions = ['attrs_block', 'colon_fence', 'dollarmath', 'html_image']
myst_heading_anchors = 4
suppress_warnings = ['mystnb.unknown_mime_type']
add_module_names = False
python_display_short_literal_types = True

html_theme = 'sphinx_book_theme'
html_title = cfg.lib_name
html_baseurl = cfg.doc_url
html_static_path = [str(here/'_static')]
html_css_files = ['petlab.css']
html_js_files = ['petlab.js']
html_context = dict(default_mode='auto')
html_favicon = '_static/favicon.svg'
html_extra_path = [str(p) for p in sources.values()]
html_copy_source = False
html_domain_indices = html_use_index = False
html_math_renderer = 'mathml'
html_theme_options = dict(repository_url=cfg.git_url, use_repository_button=True, use_download_button=False, use_fullscreen_button=False,
    home_page_in_toc=True, navigation_with_keys=False, show_toc_level=2, navbar_persistent=[],
    footer_content_items=['copyright'])

def link(name, anchor, hidden):
    "A link as MyST knows it; a symbol with no documentation of its own leads to its class, or its page"
    anchor = anchor.lower()
    while anchor in hidden: anchor = anchor.rpartition('.')[0]
    return f'/{name}.ipynb' + (f'#{anchor}' if anchor else '')

def make_pages():
    "Write the processed notebooks, in lesson order, to Sphinx's source folder"
    shutil.rmtree(proc/'pages', ignore_errors=True)
    (proc/'pages').mkdir(parents=True)
    pages = {name: page(path) for name,path in sources.items()}
    symbols = {s.lower() for nb in pages.values() for s in nb.symbols}
    hidden = {s.lower() for s in lookup.syms} - symbols
    rooms = [f'{path.stem.replace("_", " ", 1)} <{name}>' for name,path in sources.items() if name!='index']
    toctree = '\n'.join([':::{toctree}', ':hidden:', '', *rooms, ':::'])
    for name,nb in pages.items():
        title = f'# {nb.title}' + (f'\n\n{{.lead}}\n{nb.description}' if nb.description else '')
        nb.cells.insert(0, mk_cell(title, 'markdown'))
        if name=='index': nb.cells.append(mk_cell(toctree, 'markdown'))
        for c in nb.cells:
            if c.cell_type=='markdown': c.source = relink(c.source, partial(link, hidden=hidden))
        nb.metadata['myst'] = dict(html_meta=dict(description=(nb.description or cfg.description).replace('`', '')))
        write_nb(nb, proc/'pages'/f'{name}.ipynb')
    if (here/'images').exists(): shutil.copytree(here/'images', proc/'pages'/'images')

def linkcode_resolve(domain, info):
    "The line of a symbol in the repository"
    if found := place(info['module'], info['fullname']): return '#L'.join(map(str, found))

def nbdev_anchors(app, doctree):
    "Symbols answer to the anchors that nbdev gives them, such as `pets.html#is_cat`, as well as to Sphinx's"
    slugs = app.env.metadata[app.env.docname].setdefault('myst_slugs', {})
    for sig in doctree.findall(desc_signature):
        nm = sig['fullname'].lower()
        if nm not in doctree.ids: sig['ids'].append(nm)
        slugs[nm] = (sig.line, nm, sig['fullname'])

def buttons(app, pagename, templatename, context, doctree):
    "Buttons that open the notebook in Colab and download it"
    if pagename not in sources: return
    name,git = sources[pagename].name,cfg.git_url.replace('https://github.com', 'https://colab.research.google.com/github')
    colab = dict(url=f'{git}/blob/{cfg.branch}/{cfg.nbs_path.name}/{name}', icon='_static/images/logo_colab.png', text='Colab')
    download = dict(url=name, icon='fas fa-download', text='.ipynb')
    context['header_buttons'] += [dict(type='link', tooltip='Open the notebook in Colab', label='colab-button', **colab),
        dict(type='link', tooltip='Download the notebook', label='download-notebook-button', **download)]

def nb_outputs(app): app.env.mystnb_config = app.env.mystnb_config.copy(output_folder=str(proc/'outputs'))

def mathml(display):
    "Visitor that writes a formula as MathML, which browsers show by themselves"
    def visit(self, node):
        self.body.append(latex2mathml.tex2mathml(node.astext(), as_block=display))
        raise nodes.SkipNode
    return visit, None

def setup(app):
    make_pages()
    app.add_html_math_renderer('mathml', mathml(False), mathml(True))
    app.connect('builder-inited', nb_outputs, priority=900)
    app.connect('doctree-read', nbdev_anchors)
    app.connect('html-page-context', buttons, priority=501)
