"""`sound_bench.py FOLDER`: sounds in a folder a class, names that begin with a fold (ESC-10, ESC-50): seconds and errors of petlab, of petlab again,
and of what one would write by hand: librosa's log-mel, a frozen network of torch, scikit-learn's logistic regression. Needs librosa besides petlab[sound]."""
import sys, tempfile, time, numpy as np
from contextlib import redirect_stdout
from pathlib import Path

def by_hand(files):
    "Activations [n,1280] of the usual log-mel pictures"
    import librosa, torch
    from petlab.zoo import body
    net,acts = body('lite0'),[]
    mean,std = (torch.tensor(o)[:,None,None] for o in (net.mean, net.std))
    for fn in files:
        wave,rate = librosa.load(fn, sr=None)
        mel = librosa.power_to_db(librosa.feature.melspectrogram(y=wave, sr=rate, n_mels=224), ref=np.max)
        x = torch.tensor((mel-mel.min())/(np.ptp(mel)+1e-9))[None,None].float()
        x = torch.nn.functional.interpolate(x, (224,224), mode='bilinear')[0].expand(3, -1, -1)
        with torch.no_grad(): acts.append(net(((x-mean)/std)[None]).mean((2,3))[0].numpy())
    return np.stack(acts)

def timed(f, *args):
    start = time.perf_counter()
    return f(*args),time.perf_counter()-start

def main(folder):
    from petlab.train import train_bank
    files = sorted(Path(folder).rglob('*.ogg')) or sorted(Path(folder).rglob('*.wav'))
    y,fold = np.array([o.parent.name for o in files]),np.array([o.name[0] for o in files])
    def hand():
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
        model = make_pipeline(StandardScaler(), LogisticRegression(C=.1, max_iter=1000))
        return cross_val_predict(model, by_hand(files), y, groups=fold, cv=LeaveOneGroupOut())!=y
    with tempfile.TemporaryDirectory() as tmp:
        def petlab():
            with redirect_stdout(None):
                return train_bank(folder, 'folder', f'{tmp}/model', kind='sound', groups=r'^([0-9])', bank=Path(tmp)/'bank').score
        rows = [('petlab, cold', *timed(petlab)), ('petlab, warm', *timed(petlab)), ('by hand', *timed(hand))]
    base = rows[-1][2]
    for name,res,secs in rows:
        wrong = res.sum() if hasattr(res, 'sum') else res.wrong
        print(f'{name:14} {secs:6.1f} s  {base/secs:5.1f} x  {wrong} of {len(y)} wrong ({wrong/len(y):.1%}), folds kept together')

if __name__=='__main__': main(sys.argv[1])
