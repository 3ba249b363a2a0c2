"""How many planted wrong labels are among the first that are shown, by petlab.clean and by what else people use, on the same activations:

clean_bench.py FOLDER [label] [draws] [share]: photos that `pet_table` can label (default: the drawn sample, breed, 10, 0.05).
cleanlab takes part where it is installed (pip install cleanlab); nothing else of this project needs it, or may import it."""
import sys, time, warnings, numpy as np
from collections import defaultdict
from importlib.util import find_spec
from petlab.bank import Bank
from petlab.clean import LabelRanker, check_labels
from petlab.engine import body_engine
from petlab.head import cross_val_predict
from petlab.pets import pets_path
from petlab.sample import label_source
from petlab.target import Classes, wilson
from petlab.zoo import best_size, default_arch

def plant(
    acts, # [n,f]
    y, # Classes [n]
    kind, # 'uniform', or 'alike': one of the three classes whose mean activations are most alike
    share, # Of the labels
    rng
): # Labels with mistakes, and where these are
    "Make labels wrong"
    k,idxs = y.max()+1,rng.choice(len(y), round(share*len(y)), replace=False)
    x = (acts-acts.mean(0))/acts.std(0).clip(1e-3)
    means = np.stack([x[y==c].mean(0) for c in range(k)])
    means -= means.mean(0)
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    near = np.argsort(-(means@means.T-9*np.eye(k)), 1)[:,:min(3, k-1)]
    res,others = y.copy(),near[y[idxs],rng.integers(0, near.shape[1], len(idxs))]
    res[idxs] = others if kind=='alike' else (y[idxs]+rng.integers(1, k, len(idxs)))%k
    return res,idxs

def by_loss(out, y):
    a = out-out.max(1, keepdims=True)
    return np.log(np.exp(a).sum(1))-a[np.arange(len(y)),y]

def by_cleanlab(probs, y):
    "Name -> suspicion of each label, by cleanlab's scores and by the issues that it finds, as it ranks them"
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores
    res = {f'cleanlab {o}': -get_label_quality_scores(y, probs, method=o) for o in ('self_confidence','normalized_margin')}
    for o in ('prune_by_noise_rate','low_self_confidence'):
        found,score = find_label_issues(y, probs, return_indices_ranked_by='self_confidence', filter_by=o),np.zeros(len(y))
        score[found] = np.arange(len(found), 0, -1)
        res[f'cleanlab find_label_issues {o}'] = score
    return res

def one_draw(acts, files, y, kind, share, seed, res):
    "Add to `res` what each finds of one draw of mistakes"
    given,idxs = plant(acts, y, kind, share, np.random.default_rng(seed))
    import pandas as pd
    table,start = pd.DataFrame(dict(file=files, label=given)),time.perf_counter()
    check = check_labels(table, acts, groups=files, target=Classes(range(y.max()+1)))
    res['seconds'].append(time.perf_counter()-start)
    places = {o: i for i,o in enumerate(files)}
    first = np.array([places[o] for o in check.photos.file])
    out = cross_val_predict(acts[:,None], given, n_out=int(y.max())+1).out
    probs = np.exp(out-out.max(1, keepdims=True))
    scores = {'petlab check_labels': -np.argsort(first), 'petlab LabelRanker': LabelRanker(acts, given).scores(), 'top losses': by_loss(out, given)}
    if find_spec('cleanlab'): scores |= by_cleanlab(probs/probs.sum(1, keepdims=True), given)
    for k,v in scores.items(): res[k].append(np.isin(np.argsort(-v, kind='stable')[:len(idxs)], idxs).sum())
    count,worth = check.estimated_wrong,first[:check.n_worth]
    res['inside'].append(count.low<=len(idxs)<=count.high)
    res['estimate'].append(count)
    res['false'].append((~np.isin(worth, idxs)).sum())
    res['said'].append(check.false_count)
    res['false inside'].append(res['said'][-1].low<=res['false'][-1]<=res['said'][-1].high)
    res['worth'].append(len(worth))
    looks = 0
    while not (seen := check.looked({int(i): i in idxs for i in first[:looks]})).stop: looks += 10
    res['looks'].append(looks)
    res['left'].append(len(idxs)-seen.wrong)
    res['left inside'].append(seen.left.low<=len(idxs)-seen.wrong<=seen.left.high)

def main(source='sketch', label='breed', draws='10', share='.05'):
    warnings.simplefilter('ignore')
    table = label_source(pets_path(source), label)
    table = table[table.reason==''].reset_index(drop=True)
    y = np.unique(table.label, return_inverse=True)[1]
    size = best_size(default_arch, len(y)>=40*(y.max()+1))
    acts = Bank(body_engine(size=(size,size))).activations(table.file.tolist())[0][:,0].astype(np.float32)
    for kind in ('uniform','alike') if y.max()>1 else ('uniform',):
        res,n = defaultdict(list),int(draws)
        for seed in range(n): one_draw(acts, table.file.tolist(), y, kind, float(share), seed, res)
        wrong = round(float(share)*len(y))
        print(f'\n{len(y)} photos, {y.max()+1} classes, {wrong} wrong labels ({kind}), {n} draws: share of them among the first {wrong}')
        for k in [o for o in res if 'petlab' in o or 'cleanlab' in o or o=='top losses']:
            low,high = wilson(int(sum(res[k])), max(wrong, 1)*n)
            gain = np.array(res['petlab check_labels'])-res[k]
            print(f'  {k:48} {sum(res[k])/max(wrong, 1)/n:.3f} ({low:.3f} to {high:.3f}), better or as good in {(gain>=0).sum()} of {n}')
        mean = {k: np.mean(res[k]) for k in ('worth','false','looks','left','seconds')}
        said = [np.mean([getattr(o, k) for o in res['said']]) for k in ('mean','low','high')]
        low,high = (np.mean([getattr(o, k) for o in res['estimate']]) for k in ('low','high'))
        print(f"  worth a look {mean['worth']:.1f}, false alarms {mean['false']:.1f}, said to be {said[0]:.1f} ({said[1]:.1f} to {said[2]:.1f}), "
            f"which holds in {sum(res['false inside'])} of {n}; estimated wrong "
            f"{np.mean([o.mean for o in res['estimate']]):.1f} ({low:.1f} to {high:.1f}), holds the truth in {sum(res['inside'])} of {n}")
        print(f"  told to stop after {mean['looks']:.0f} looks, {mean['left']:.1f} wrong labels left; "
            f"the interval of these holds in {sum(res['left inside'])} of {n}; {mean['seconds']:.2f} s a check")

if __name__=='__main__': main(*sys.argv[1:])
