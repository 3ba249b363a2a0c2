"Sphinx's configuration: the notebooks, processed by `.ci/pages.py` into `_proc/pages`, as a site that needs no other host"
import re, shutil, sys
from functools import partial
from itertools import groupby
from pathlib import Path

from docutils import nodes
from docutils.utils.math import latex2mathml
from fastcore.nbio import mk_cell, write_nb
from sphinx.addnodes import desc_signature

here = Path(__file__).parent
sys.path.insert(0, str(here.parent/'.ci'))
from pages import cfg, groups, lookup, name_of, page, place, relink, rooms, sources

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
html_title = f'{cfg.lib_name} {cfg.version}'
html_baseurl = cfg.doc_url
html_static_path = [str(here/'_static')]
html_css_files = ['petlab.css']
html_js_files = ['petlab.js']
html_search_scorer = str(here/'_static'/'scorer.js')
html_context = dict(default_mode='auto')
html_favicon = '_static/favicon.svg'
html_extra_path = [str(p) for p in sources.values()]
html_copy_source = False
html_domain_indices = html_use_index = False
html_math_renderer = 'mathml'
html_theme_options = dict(repository_url=cfg.git_url, use_repository_button=True, use_download_button=False, use_fullscreen_button=False,
    home_page_in_toc=True, navigation_with_keys=False, show_toc_level=2, navbar_persistent=[],
    secondary_sidebar_items={'**': ['page-toc'], 'index': []}, footer_content_items=['copyright'])

def slug(anchor): return re.sub(r'[^\w.-]', '', anchor.lower())

def link(name, anchor, hidden):
    "A link as MyST knows it, from one as JupyterLab knows it; a symbol with no documentation of its own leads to its class, or its page"
    anchor = slug(anchor)
    while anchor in hidden: anchor = anchor.rpartition('.')[0]
    return f'/{name}.ipynb' + (f'#{anchor}' if anchor else '')

floors = 'Ground', 'The fast path', 'With fastai', 'Judging', 'Change', 'Other samples', 'Places', 'Out there', 'Doors'
said = dict(core='Errors and files', photo='Photos', source='Tables', sketch='The drawn sample', pets='Where photos come from', sample='Labels and sets', record='Records',
    zoo='Pretrained networks', engine='Fast inference', bank='The bank of activations', head='Fitting the head', target='Classes, labels, numbers',
    model='The model folder', train='Training', predict='Predicting', records='Training on records', data='DataLoaders', learn='Learner', acts='A learner on the bank', save='Saving and loading',
    judge='Test set, comparison', copies='The same photo twice', measure='Loss, metric, overfitting', confidence='How sure it is', look='Where it looks', tune='Hyperparameters',
    report='The report', remember='What is forgotten', filters='Filters', sound='Sounds', track='Mouse tracks', program='Programs', text='Texts', table='Tables of rows', ratings='Ratings', protein='Proteins', tasks='All tasks', bench='The benchmark', all='One import', cli='The command') # titles of rooms, as a person would say them; others have their own

def toctree(names, caption=''):
    "Pages, as (title, name), in the sidebar"
    return '\n'.join([':::{toctree}', ':hidden:', *([f':caption: {caption}'] if caption else []), '', *(f'{title} <{name}>' for title,name in names), ':::'])

def entry(path, pages):
    "Title and name of a page in the sidebar; lessons are numbered"
    name,number = name_of(path.relative_to(cfg.nbs_path)),re.match(r'\d*', path.stem)[0]
    return f"{number+'. ' if '/' in name and number else ''}{said.get(name, pages[name].title)}",f'/{name}'

def reference(pages):
    "Write a page for each floor, and what is new; their titles and names"
    res = [('All rooms', f'/{name_of(rooms.relative_to(cfg.nbs_path))}')] if rooms.exists() else []
    for k,paths in groupby(groups[''], lambda o: int(o.stem[0])):
        entries = [(*entry(o, pages), pages[name_of(o.name)].description) for o in paths]
        rows = ['| room | what lives there |', '|---|---|', *(f'| [{title}]({name}.ipynb) | {what} |' for title,name,what in entries)]
        name = f"reference/{slug(floors[k].replace(' ', '-'))}"
        (proc/'pages'/'reference').mkdir(exist_ok=True)
        (proc/'pages'/f'{name}.md').write_text('\n'.join([f'# {floors[k]}', '', *rows, '', toctree([o[:2] for o in entries])]), encoding='utf-8')
        res.append((floors[k], f'/{name}'))
    news = (cfg.config_path/'CHANGELOG.md').read_text(encoding='utf-8')
    (proc/'pages'/'changelog.md').write_text(news.replace('# Changelog', f"# What's new\n\nThis is version {cfg.version}.", 1), encoding='utf-8')
    return res + [("What's new", '/changelog')]

def make_pages():
    "Write the processed notebooks, by group, to Sphinx's source folder"
    shutil.rmtree(proc/'pages', ignore_errors=True)
    (proc/'pages').mkdir(parents=True)
    pages = {name: page(path) for name,path in sources.items()}
    symbols = {s.lower() for nb in pages.values() for s in nb.symbols}
    hidden = {s.lower() for s in lookup.syms} - symbols
    trees = [toctree([entry(o, pages) for o in groups[folder]], caption) for caption,folder in dict(Lesson='lesson/', Guides='guides/').items() if groups[folder]]
    trees.append(toctree(reference(pages), 'Reference'))
    for name,nb in pages.items():
        room = f'`{cfg.lib_name}.{name}`: ' if name in said else ''
        title = f'# {said.get(name, nb.title)}' + (f'\n\n{{.lead}}\n{room}{nb.description}' if nb.description else '')
        nb.cells.insert(0, mk_cell(title, 'markdown'))
        if name=='index': nb.cells.append(mk_cell('\n\n'.join(trees), 'markdown'))
        for c in nb.cells:
            if c.cell_type!='markdown': continue
            c.source = relink(c.source, partial(link, hidden=hidden), name.rpartition('/')[0])
            c.source = re.sub(r'(?<=\]\(#)[^)\s]+(?=\))', lambda m: slug(m[0]), c.source)
        nb.metadata['myst'] = dict(html_meta=dict(description=(nb.description or cfg.description).replace('`', '')))
        (proc/'pages'/name).parent.mkdir(exist_ok=True)
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
    path = sources[pagename].relative_to(cfg.nbs_path.parent).as_posix()
    file,up = f'{cfg.git_url}/blob/{cfg.branch}/{path}','../'*pagename.count('/')
    def button(label, text, url, tooltip, icon): return dict(type='link', label=f'{label}-button', text=text, url=url, tooltip=tooltip, icon=icon)
    context['header_buttons'] += [
        button('colab', 'Colab', file.replace('https://github.com', 'https://colab.research.google.com/github'), 'Open the notebook in Colab', '_static/images/logo_colab.png'),
        button('kaggle', 'Kaggle', f'https://kaggle.com/kernels/welcome?src={file}', 'Open the notebook on Kaggle', 'fas fa-k'),
        button('edit', 'Edit', file.replace('/blob/', '/edit/'), 'Suggest a change', 'fas fa-pencil'),
        button('download-notebook', '.ipynb', up+sources[pagename].name, 'Download the notebook', 'fas fa-download')]

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
