"Every check, two at a time, each with its time; `test.py bank zoo` runs those of these rooms alone. The last line is the count, and the exit code is 1 if any failed"
import ast, atexit, difflib, multiprocessing, os, re, shutil, signal, subprocess, sys, sysconfig, tempfile, time, venv
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import cache
from pathlib import Path
from threading import Lock

from fastcore.nbio import read_nb

root = Path(__file__).resolve().parent.parent
scripts = Path(sys.executable).parent
env = {k:v for k,v in os.environ.items() if k!='IN_TEST'}
rooms = sorted((root/'nbs').glob('*.ipynb'))
trials = sorted((root/'nbs'/'tests').glob('*.ipynb'))
lessons,guides = (sorted((root/'nbs'/o).glob('*.ipynb')) for o in ('lesson','guides'))
pages = lessons+guides
lone = root/'nbs'/'tests'/'without_openvino.ipynb'
lock = Lock()

def run(*cmd, cwd=root, timeout=900, more={}):
    "What `cmd` says if it fails, '' if it does not; `more` goes into its environment"
    kw = dict(stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace')
    try: res = subprocess.run([scripts/cmd[0], *cmd[1:]], cwd=cwd, env=env|more, timeout=timeout, **kw)
    except subprocess.TimeoutExpired: return f'not done after {timeout} s'
    return res.stdout.strip() or f'exit code {res.returncode}' if res.returncode else ''

def compare(
    made:Path, # folder with what should be there
    kept:Path, # folder with what is there
    pattern:str, # files to compare, such as '*.py'
    cure:str, # command that makes them the same
): # the differences as text, '' if there are none
    "Compare the files of two folders"
    a,b = ({p.relative_to(d).as_posix(): p.read_bytes() for p in d.glob(pattern) if '.ipynb_checkpoints' not in p.parts} for d in (kept, made))
    differ = [k for k in sorted(a|b) if a.get(k)!=b.get(k)]
    if not differ: return ''
    def _diff(k):
        old,new = (o.get(k, b'').decode(errors='replace').splitlines() for o in (a,b))
        return [l[:200] for l in difflib.unified_diff(old, new, f'{k} as it is', f'{k} as it should be', lineterm='', n=1)][:20]
    return '\n'.join([f'not as they should be: {", ".join(differ)}; cure: {cure}', *(l for k in differ for l in _diff(k))])

def copy(tmp):
    "What nbdev works on, in `tmp`"
    for o in ('nbs', 'petlab'): shutil.copytree(root/o, tmp/o, ignore=shutil.ignore_patterns('.ipynb_checkpoints', '__pycache__'))
    shutil.copy(root/'pyproject.toml', tmp)

def modules(tmp):
    copy(tmp)
    for p in (tmp/'petlab').glob('*.py'):
        if p.name!='__init__.py': p.unlink()
    return run('nbdev-export', cwd=tmp) or compare(tmp/'petlab', root/'petlab', '*.py', 'nbdev-export')

def clean(tmp):
    copy(tmp)
    return run('nbdev-clean', cwd=tmp) or compare(tmp/'nbs', root/'nbs', '**/*.ipynb', 'nbdev-clean')

def style(tmp): return run('chkstyle', 'nbs', 'petlab', '.ci', 'setup.py')

def width(tmp):
    "Lines of code that are too wide to be read; modules have those of their notebooks"
    res = []
    for p in rooms+trials+pages:
        most = 100 if p in pages else 140
        res += [f'{p.name}, cell {c.id}: {len(l)} columns, {most} at most' for c in read_nb(p).cells if c.cell_type=='code'
            for l in c.source.splitlines() if len(l)>most and not l.startswith(('#|', '! [ -e'))]
    return '\n'.join(res)

def text(out): return ''.join(''.join(o) for o in [out.get('text', ''), out.get('evalue', ''), *(v for k,v in out.get('data', {}).items() if k.startswith('text/'))])

def outputs(tmp):
    "What is wrong with the outputs that the notebooks keep"
    machine = re.compile('|'.join(map(re.escape, {str(root), str(root.parent), str(Path.home())} - {'/'})) + r'|/(home|Users|root|tmp)/\w|site-packages')
    res = []
    for p in rooms+trials+pages:
        if p.stat().st_size>1.5e6: res.append(f"{p.name}: over 1.5 MB; cure: set_matplotlib_formats('jpeg'), as in the lessons")
        outs = [(c.id, o) for c in read_nb(p).cells for o in c.get('outputs', [])]
        if not outs and p not in trials: res.append(f'{p.name}: keeps no output; cure: nbdev-test --save')
        for c in read_nb(p).cells if p not in trials else []:
            pictures = any(k.startswith('image/') for o in c.get('outputs', []) for k in o.get('data', {}))
            if pictures and '#| fig-alt:' not in c.source: res.append(f'{p.name}, cell {c.id}: a picture without words; cure: a line `#| fig-alt: what it shows`')
        for id,o in outs:
            if o.output_type=='error': res.append(f'{p.name}, cell {id}: an error, {o.ename}')
            if o.get('name')=='stderr' or 'Warning:' in text(o): res.append(f'{p.name}, cell {id}: a warning or standard error, {text(o)[:200]!r}')
            if m := machine.search(text(o)): res.append(f'{p.name}, cell {id}: names a place on one machine, {m[0]!r}')
    return '\n'.join(res)

def form(tmp):
    "What is missing in the form that each room's notebook has"
    res = []
    for p in rooms+trials+pages:
        cells = read_nb(p).cells
        md = [c.source for c in cells if c.cell_type=='markdown']
        if not re.match(r'# .+\n\n> .+', md[0]): res.append(f'{p.name}: the first cell is not a title, an empty line and a `> one line`')
        if p in pages and len(cells)>40: res.append(f'{p.name}: {len(cells)} cells, 40 at most')
        if p in trials+guides: continue
        if p in rooms and 'nbdev_export()' not in cells[-1].source: res.append(f'{p.name}: the last cell does not export')
        if p.stem in ('index', '81_all'): continue
        if not 5<=len(re.findall(r'^\d+\. ', md[-1] if md[-1].startswith('## Questionnaire') or md[-2]=='## Questionnaire' else '', re.M))<=10:
            res.append(f'{p.name}: does not end in `## Questionnaire` with five to ten numbered questions')
    return '\n'.join(res)

def floors(tmp):
    "Imports between rooms, inside functions too, that do not go strictly down, and private names that another room uses"
    numbers = {re.sub(r'^\d+_', '', p.stem): int(p.stem[:2]) for p in rooms if p.stem[:2].isdigit()}
    res = [f'{k}: number {v} is used twice' for k,v in numbers.items() if [*numbers.values()].count(v)>1]
    for room,number in numbers.items():
        for node in ast.walk(ast.parse((root/'petlab'/f'{room}.py').read_text())):
            if isinstance(node, ast.ImportFrom):
                parent = (node.module or '').removeprefix('petlab').strip('.') if node.level or (node.module or '').split('.')[0]=='petlab' else None
                if parent is None: continue
                found,names = ([parent], [o.name for o in node.names]) if parent else ([o.name for o in node.names if o.name in numbers], [])
            elif isinstance(node, ast.Import): found,names = [o.name.removeprefix('petlab.') for o in node.names if o.name.startswith('petlab.')],[]
            else: continue
            res += [f'{room} ({number:02}) imports {o} ({numbers[o]:02}), which is not below it' for o in found if numbers.get(o, -1)>=number]
            res += [f'{room} imports the private name {o} of {found[0]}' for o in names if o[0]=='_' and o[1]!='_']
    return '\n'.join(res)

def readme(tmp):
    return run('python', '.ci/readme.py', tmp) or compare(tmp, root, 'README.md', 'make readme') or compare(tmp/'nbs/images', root/'nbs/images', 'index-*', 'make readme')

def docs(tmp): return run('python', '.ci/docs.py')

one_thread = dict(OMP_NUM_THREADS='1')  # two notebooks run at a time: a core for each

forked = multiprocessing.get_context('forkserver')
forked.set_forkserver_preload('torch torchvision timm fastai.vision.all pandas sklearn.linear_model scipy.stats matplotlib.pyplot nbdev.test'.split())

def _start(f, args, cwd, more, said):
    "Call `f` in this new process, with what it says in the file `said`"
    os.setsid()
    multiprocessing.set_start_method('fork' if 'fork' in multiprocessing.get_all_start_methods() else None, force=True)  # as in any process
    with open(said, 'wb') as out, open(os.devnull) as nothing:
        for i,o in enumerate((nothing, out, out)): os.dup2(o.fileno(), i)
    os.environ.pop('IN_TEST', None)
    os.environ.update(more)
    os.chdir(cwd)
    f(*args)

def warm(f, *args, cwd=root, timeout=900, more={}):
    "As `run`, of a function in a process of its own that has torch and fastai imported already"
    with tempfile.NamedTemporaryFile() as said:
        job = forked.Process(target=_start, args=(f, args, cwd, more, said.name))
        job.start()
        job.join(timeout)
        late = job.is_alive()
        if late: os.killpg(job.pid, signal.SIGKILL)
        job.join()
        text = Path(said.name).read_text(errors='replace').strip()
    return f'not done after {timeout} s' if late else (text or f'exit code {job.exitcode}') if job.exitcode else ''

def _test(path):
    from nbdev.test import nbdev_test
    nbdev_test(str(path))

def notebook(path): return lambda tmp: warm(_test, path, more=one_thread)

def _run_page(path, lib):
    sys.path.insert(0, lib)
    import petlab
    from execnb.shell import CaptureShell
    assert petlab.__file__.startswith(lib), petlab.__file__
    CaptureShell().run_all(read_nb(path), exc_stop=True)

@cache
def wheel():
    "A folder with the package as pip installs it, without the repository, and what pip says if it fails"
    tmp = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, tmp)
    copy(tmp)
    for o in ('setup.py', 'settings.ini', 'README.md', 'LICENSE', 'MANIFEST.in'): shutil.copy(root/o, tmp)
    return tmp/'lib',run('python', '-m', 'pip', 'install', '-q', '--no-deps', '--target', tmp/'lib', tmp)

def alone(path):
    "A check that runs a notebook in an empty folder, with the package as pip installs it"
    def check(tmp):
        with lock: lib,bad = wheel()
        return bad or warm(_run_page, path, str(lib), cwd=tmp, more=dict(one_thread, PYTHONPATH=str(lib), IN_TEST='1'))
    return check

def without_openvino(tmp):
    "The notebook of that name, in an environment that has every package of this one but OpenVINO"
    venv.create(tmp/'venv')
    bin,packages = (tmp/'venv'/Path(sysconfig.get_path(o)).relative_to(sys.prefix) for o in ('scripts','purelib'))
    for o in {sysconfig.get_path('purelib'), sysconfig.get_path('platlib')}:
        for p in Path(o).iterdir():
            if not p.name.startswith('openvino'): (packages/p.name).symlink_to(p)
    return run(bin/'python', scripts/'nbdev-test', lone)

checks = {'modules are what the notebooks export': modules, 'style': style, 'width': width, 'notebooks are clean': clean, 'kept outputs': outputs,
    'form of the notebooks': form, 'floors': floors, 'README': readme,
    'site and its links': docs, 'all of it without OpenVINO': without_openvino,  # long ones before short ones, that no core idles at the end
    **{p.relative_to(root).as_posix(): notebook(p) for p in rooms}, **{p.relative_to(root).as_posix(): alone(p) for p in pages},
    **{p.relative_to(root).as_posix(): notebook(p) for p in trials if p!=lone}}

quick = modules, style, width, clean, outputs, form, floors

def timed(check):
    "What is wrong by `check`, and the seconds it took"
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as tmp: return check(Path(tmp).resolve()),time.monotonic()-start

def main(names):
    "Run the checks; `names` are rooms, as in `bank`, which brings the quick checks of all, or of checks; none for all"
    todo = {k: v for k,v in checks.items() if not names or re.sub(r'^(\d+_)?', '', Path(k).stem) in names}
    if not todo: sys.exit(f'no room is called {names[0]}')
    if any(k.endswith('.ipynb') for k in todo): todo = {k: v for k,v in checks.items() if k in todo or v in quick}
    failed = 0
    with ThreadPoolExecutor(2) as pool:
        jobs = {pool.submit(timed, v): k for k,v in todo.items()}
        for job in as_completed(jobs):
            bad,seconds = job.result()
            failed += bool(bad)
            print(f'{jobs[job]:.<44} {seconds:5.1f} s  {"FAILED" if bad else "ok"}', flush=True)
            if bad: print('\n'.join(f'    {l}' for l in bad.splitlines()), flush=True)
    print(f'{len(todo)-failed} passed, {failed} failed')
    return failed>0

if __name__=='__main__':
    os.environ.update(one_thread)  # of what is imported for all of them
    sys.exit(main(sys.argv[1:]))
