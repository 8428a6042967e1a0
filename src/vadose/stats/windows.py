"""TEMPORARY local stand-in until the branch lands."""
import numpy as np
def moving_anomaly(values, position, *, window=35.0, min_obs=1):
    v=np.asarray(values,float); ok=np.isfinite(v)
    lo=np.searchsorted(position, position-window/2, side="left"); hi=np.searchsorted(position, position+window/2, side="right")
    c=np.concatenate([np.zeros((*v.shape[:-1],1)),np.cumsum(np.where(ok,v,0),-1)],-1); n=np.concatenate([np.zeros((*v.shape[:-1],1)),np.cumsum(ok,-1)],-1)
    cnt=n[...,hi]-n[...,lo]
    with np.errstate(all="ignore"): return np.where(cnt>=min_obs, v-(c[...,hi]-c[...,lo])/cnt, np.nan)
def dekad_anomaly(values, dekad, year, *, min_years=3):
    v=np.asarray(values,float); out=np.full(v.shape,np.nan)
    for d in np.unique(dekad):
        i=np.flatnonzero(dekad==d); s=v[...,i]; ok=np.isfinite(s)
        ny=sum(ok[...,year[i]==y].any(-1).astype(int) for y in np.unique(year[i]))
        with np.errstate(all="ignore"):
            m=np.where(ok,s,0).sum(-1)/ok.sum(-1)
        out[...,i]=np.where((ny>=min_years)[...,None], s-m[...,None], np.nan)
    return out
