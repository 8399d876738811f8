"""What ``print(y)`` shows of where a tensor came from is what PyTorch shows: the name of its node.

`test_graphs.py` compares whole graphs, of the ops of the table. Here it is the last node only, of
layers, losses and other things that are composed of several ops, on either side perhaps of others.
"""

from __future__ import annotations

import re
import warnings
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_edu

from .bridge import Bridge
from .cases import arguments, cases
from .judge import count_case
from .ops import OPS
from .rows.copies import COPIED, COPIES
from .runner import attempt, flat
from .versions import AMINMAX

pytestmark = pytest.mark.filterwarnings("ignore:.*degrees of freedom is <= 0:UserWarning")

CALLS = """
F.batch_norm(x4,None,None,w3,b3,True)
F.batch_norm(x4,None,None,None,None,True)
F.batch_norm(x4,None,None,w3,None,True)
F.batch_norm(x2,None,None,w3,b3,True)
F.batch_norm(x4,z3,o3,w3,b3)
F.batch_norm(x4,z3,o3)
F.instance_norm(x4)
F.instance_norm(x4,weight=w3,bias=b3)
F.instance_norm(x3,weight=w3,bias=b3)
F.instance_norm(x4,z3,o3,w3,b3,False)
F.group_norm(x4,3)
F.group_norm(x4,1,w3,b3)
F.group_norm(x2,3,w3,b3)
F.layer_norm(x2,(3,))
F.layer_norm(x2,(3,),w3,b3)
F.layer_norm(x2,(3,),w3)
F.layer_norm(x4,(4,4))
F.layer_norm(x4,(4,4),w44,w44)
F.rms_norm(x2,(3,))
F.rms_norm(x2,(3,),w3)
F.rms_norm(x4,(4,4),w44)
nn.BatchNorm1d(3)(x2)
nn.BatchNorm2d(3)(x4)
nn.BatchNorm2d(3).eval()(x4)
nn.InstanceNorm2d(3,affine=True)(x4)
nn.InstanceNorm1d(3)(x3)
nn.InstanceNorm2d(3)(x4[0])
nn.GroupNorm(3,3)(x4)
nn.LayerNorm(3)(x2)
nn.RMSNorm(3)(x2)
nn.LocalResponseNorm(2)(x4)
nn.RNNCell(3,4)(x2)
nn.RNNCell(3,4,nonlinearity='relu')(x2)
nn.RNNCell(3,4,bias=False)(x2)
nn.RNNCell(3,4)(w3)
nn.LSTMCell(3,4)(x2)
nn.LSTMCell(3,4,bias=False)(x2)
nn.LSTMCell(3,4)(w3)
nn.GRUCell(3,4)(x2)
nn.GRUCell(3,4,bias=False)(x2)
nn.GRUCell(3,4)(w3)
nn.RNN(3,4)(s)
nn.RNN(3,4,nonlinearity='relu')(s)
nn.RNN(3,4,2)(s)
nn.RNN(3,4,batch_first=True)(s)
nn.RNN(3,4,bidirectional=True)(s)
nn.RNN(3,4)(x2)
nn.LSTM(3,4)(s)
nn.LSTM(3,4,2)(s)
nn.LSTM(3,4,batch_first=True)(s)
nn.LSTM(3,4,bidirectional=True)(s)
nn.LSTM(3,4,bias=False)(s)
nn.LSTM(3,4)(x2)
nn.GRU(3,4)(s)
nn.GRU(3,4,2)(s)
nn.GRU(3,4,batch_first=True)(s)
nn.GRU(3,4,bidirectional=True)(s)
nn.GRU(3,4)(x2)
nn.LSTM(3,4)(pack(s))[0].data
nn.GRU(3,4)(pack(s))[0].data
nn.RNN(3,4)(pack(s))[0].data
pack(s).data
F.interpolate(x4,scale_factor=2)
F.interpolate(x4,size=(3,5))
F.interpolate(x4,scale_factor=2,mode='bilinear')
F.interpolate(x4,scale_factor=2,mode='bilinear',align_corners=True)
F.interpolate(x4,scale_factor=2,mode='bicubic')
F.interpolate(x4,scale_factor=0.5,mode='area')
F.interpolate(x4,scale_factor=2,mode='nearest-exact')
F.interpolate(x3,scale_factor=2)
F.interpolate(x3,scale_factor=2,mode='linear')
F.interpolate(x3,scale_factor=2,mode='nearest-exact')
F.interpolate(x3,scale_factor=0.5,mode='area')
nn.Upsample(scale_factor=2)(x4)
nn.UpsamplingBilinear2d(scale_factor=2)(x4)
nn.UpsamplingNearest2d(scale_factor=2)(x4)
F.pixel_shuffle(x4.reshape(1,12,2,4),2)
F.pixel_unshuffle(x4,2)
F.channel_shuffle(x4.reshape(1,6,4,4),2)
F.pad(x4,(1,1,1,1),mode='circular')
F.pad(x4,(1,1,1,1),mode='reflect')
F.pad(x4,(1,1,1,1),mode='replicate')
F.pad(x3,(1,1),mode='circular')
F.pad(x3,(1,1),mode='reflect')
F.pad(x3,(1,1),mode='replicate')
F.pad(x4,(1,1,1,1))
F.pad(x4,(1,1,1,1),value=2)
nn.ZeroPad2d(1)(x4)
nn.ConstantPad1d(1,2.)(x3)
nn.ReflectionPad2d(1)(x4)
nn.ReplicationPad1d(1)(x3)
nn.CircularPad2d(1)(x4)
F.cross_entropy(x2,t)
F.cross_entropy(x2,t,reduction='none')
F.cross_entropy(x2,t,reduction='sum')
F.cross_entropy(x2,t,weight=o3)
F.cross_entropy(x2,t,label_smoothing=0.1)
F.cross_entropy(x2,t,label_smoothing=0.1,weight=o3)
F.cross_entropy(x2,t,label_smoothing=0.1,weight=o3,reduction='none')
F.cross_entropy(x2,t,label_smoothing=0.1,reduction='sum')
F.cross_entropy(x2,p)
F.cross_entropy(x2,p,reduction='none')
F.cross_entropy(x2,p,reduction='sum')
F.cross_entropy(x2,p,weight=o3)
F.cross_entropy(x2,p,label_smoothing=0.1)
F.cross_entropy(x2,p,label_smoothing=0.1,weight=o3)
F.cross_entropy(x4,t4)
F.cross_entropy(x4,t4,weight=o3,reduction='none')
F.cross_entropy(x4,t4,label_smoothing=0.1)
F.cross_entropy(x4,x4.detach().softmax(1))
F.cross_entropy(x3,t3)
F.cross_entropy(w3,t[0])
F.nll_loss(x2,t)
F.nll_loss(x4,t4)
F.nll_loss(x3,t3)
F.nll_loss(w3,t[0])
F.mse_loss(x2,x2.detach())
F.mse_loss(x2,p,reduction='none')
F.mse_loss(x2,p,weight=o23)
F.l1_loss(x2,p)
F.l1_loss(x2,p,reduction='none')
F.l1_loss(x2,p,reduction='sum')
F.l1_loss(x2,p,weight=o23)
F.smooth_l1_loss(x2,p)
F.smooth_l1_loss(x2,p,beta=0)
F.huber_loss(x2,p)
F.huber_loss(x2,p,reduction='sum')
F.huber_loss(x2,p,weight=o23)
F.kl_div(x2,p)
F.kl_div(x2,p,reduction='batchmean')
F.kl_div(x2,p,reduction='none')
F.kl_div(x2,p,log_target=True)
F.kl_div(x2,y2)
F.binary_cross_entropy(x2.sigmoid(),p)
F.binary_cross_entropy(x2.sigmoid(),p,weight=o23)
F.binary_cross_entropy_with_logits(x2,p)
F.binary_cross_entropy_with_logits(x2,p,weight=o23)
F.binary_cross_entropy_with_logits(x2,p,pos_weight=o3)
F.binary_cross_entropy_with_logits(x2,p,reduction='none')
F.poisson_nll_loss(x2,p)
F.poisson_nll_loss(x2,p,log_input=False,full=True)
F.gaussian_nll_loss(x2,p,p+1)
F.gaussian_nll_loss(x2,p,y2*y2,full=True)
F.margin_ranking_loss(x2,y2,p.sign())
F.hinge_embedding_loss(x2,p.sign())
F.soft_margin_loss(x2,p.sign())
F.cosine_embedding_loss(x2,y2,o3[:2])
F.multi_margin_loss(x2,t)
F.multi_margin_loss(x2,t,p=2,weight=o3)
F.multilabel_margin_loss(x2,ml)
F.multilabel_soft_margin_loss(x2,p)
F.triplet_margin_loss(x2,y2,x2*2)
F.triplet_margin_loss(x2,y2,x2*2,swap=True)
F.triplet_margin_with_distance_loss(x2,y2,x2*2)
F.ctc_loss(c.log_softmax(2),ct,(5,5),(2,2))
F.linear(x2,w43)
F.linear(x2,w43,b4)
F.linear(x2.detach(),w43,b4)
F.linear(s,w43,b4)
F.linear(s,w43)
F.linear(w3,w43,b4)
F.linear(w3,w43)
F.linear(x4s,w43,b4)
F.linear(x4s.transpose(0,1),w43,b4)
F.linear(x4s.detach().transpose(0,1),w43,b4)
F.linear(x4s.transpose(0,1),w43)
F.linear(x2[:1].expand(2,3)[None],w43,b4)
F.linear(x2.T[0],lib.ones(4,2),b4)
F.linear(x2[:,0],lib.ones(4,2),b4)
nn.Linear(3,4)(x2)
nn.Bilinear(3,3,2)(x2,y2)
F.bilinear(x2,y2,wb)
nn.Embedding(5,3)(t)
nn.Embedding(5,3,padding_idx=0,max_norm=1.)(t)
F.embedding(t,x2)
nn.EmbeddingBag(5,3)(t[None])
nn.EmbeddingBag(5,3,mode='max')(t[None])
nn.EmbeddingBag(5,3,mode='sum')(t,lib.tensor([0,1]))
nn.Conv2d(3,4,2)(x4)
nn.Conv2d(3,4,3,padding='same')(x4)
nn.Conv2d(3,4,2,padding=1,padding_mode='reflect')(x4)
nn.Conv2d(3,4,2,padding=1,padding_mode='circular')(x4)
nn.Conv2d(3,4,2,bias=False)(x4[0])
nn.Conv2d(3,3,2,groups=3)(x4)
nn.Conv1d(3,4,2)(x3)
nn.Conv1d(3,4,2,padding='same')(x3)
nn.Conv1d(3,4,2)(x3[0])
nn.ConvTranspose2d(3,4,2)(x4)
nn.ConvTranspose1d(3,4,2)(x3)
nn.MaxPool2d(2)(x4)
nn.MaxPool2d(2,return_indices=True)(x4)
nn.MaxPool1d(2)(x3)
nn.MaxPool1d(2)(x3[0])
nn.MaxPool2d(2)(x4[0])
nn.AvgPool2d(2)(x4)
nn.AvgPool1d(2)(x3)
nn.AvgPool1d(2)(x3[0])
nn.AdaptiveAvgPool2d(2)(x4)
nn.AdaptiveAvgPool2d(1)(x4)
nn.AdaptiveAvgPool1d(2)(x3)
nn.AdaptiveMaxPool2d(2)(x4)
nn.AdaptiveMaxPool1d(2)(x3)
nn.MaxUnpool2d(2)(*nn.MaxPool2d(2,return_indices=True)(x4))
nn.MaxUnpool1d(2)(*nn.MaxPool1d(2,return_indices=True)(x3))
nn.LPPool2d(2,2)(x4)
nn.LPPool1d(2,2)(x3)
nn.Unfold(2)(x4)
nn.Fold((4,4),2)(nn.Unfold(2)(x4))
nn.ReLU()(x2)
nn.ReLU(inplace=True)(x2*1)
nn.LeakyReLU(inplace=True)(x2*1)
nn.ELU(inplace=True)(x2*1)
nn.SELU(inplace=True)(x2*1)
nn.CELU(inplace=True)(x2*1)
nn.Threshold(0.1,20.,inplace=True)(x2*1)
nn.RReLU(inplace=True).eval()(x2*1)
nn.RReLU(inplace=True)(x2*1)
nn.Hardtanh(inplace=True)(x2*1)
nn.ReLU6()(x2)
nn.LeakyReLU()(x2)
nn.PReLU()(x2)
nn.PReLU(3)(x4)
nn.RReLU()(x2)
nn.RReLU().eval()(x2)
nn.ELU()(x2)
nn.SELU()(x2)
nn.CELU()(x2)
nn.GELU()(x2)
nn.GELU('tanh')(x2)
nn.SiLU()(x2)
nn.Mish()(x2)
nn.Softplus()(x2)
nn.Softshrink()(x2)
nn.Hardshrink()(x2)
nn.Tanhshrink()(x2)
nn.Hardtanh()(x2)
nn.Hardsigmoid()(x2)
nn.Hardswish()(x2)
nn.Softsign()(x2)
nn.Sigmoid()(x2)
nn.Tanh()(x2)
nn.LogSigmoid()(x2)
nn.Threshold(0.1,1)(x2)
nn.GLU()(x4)
nn.Softmax(1)(x2)
nn.Softmin(1)(x2)
nn.LogSoftmax(1)(x2)
nn.Softmax2d()(x4)
nn.Dropout(0.5)(x2)
nn.Dropout(0.5).eval()(x2)
nn.Dropout(0.)(x2)
nn.Dropout(1.)(x2)
nn.Dropout1d(0.5)(x3)
nn.Dropout2d(0.5)(x4)
nn.AlphaDropout(0.5)(x2)
nn.FeatureAlphaDropout(0.5)(x4)
F.gumbel_softmax(x2)
F.gumbel_softmax(x2,hard=True)
nn.Flatten()(x4)
nn.Flatten(0)(x4)
nn.Unflatten(1,(1,3))(x4)
nn.Identity()(x2)
nn.CosineSimilarity()(x2,y2)
nn.PairwiseDistance()(x2,y2)
F.normalize(x2)
F.cosine_similarity(x2,y2,dim=0)
F.pdist(x2)
F.affine_grid(th,(2,3,4,4))
F.grid_sample(x4,F.affine_grid(th,(2,3,4,4)))
F.grid_sample(x4,F.affine_grid(th,(2,3,4,4)),mode='nearest')
F.scaled_dot_product_attention(s,s,s)
F.scaled_dot_product_attention(s,s,s,is_causal=True)
F.scaled_dot_product_attention(x4,x4,x4)
nn.MultiheadAttention(3,1)(s,s,s)
nn.MultiheadAttention(3,1)(s,s,s,need_weights=False)
nn.MultiheadAttention(3,1,batch_first=True)(s,s,s)
nn.MultiheadAttention(3,1)(s,s*2,s*2)
nn.TransformerEncoderLayer(3,1,5,dropout=0.)(s)
nn.TransformerDecoderLayer(3,1,5,dropout=0.)(s,s)
x2.clone().fill_(2)
x2.clone().fill_(w3[0])
x2.clone().zero_()
lib.full_like(x2,2.)
lib.var_mean(x2)
lib.std_mean(x2)
lib.var_mean(x2,1)
lib.linalg.solve(A,w3)
lib.linalg.solve(A,x33)
lib.linalg.inv(A)
lib.linalg.det(A)
lib.linalg.slogdet(A)
lib.linalg.cholesky(A@A.T+lib.eye(3))
lib.linalg.norm(A)
lib.linalg.norm(A,'fro')
lib.linalg.norm(A,'nuc')
lib.linalg.norm(A,2)
lib.linalg.norm(A,1)
lib.linalg.vector_norm(A)
lib.linalg.matrix_norm(A)
lib.linalg.matrix_power(A,3)
lib.linalg.matrix_power(A,0)
lib.linalg.cross(A,A)
lib.linalg.svdvals(A)
lib.linalg.eigvalsh(A)
lib.linalg.qr(A)
lib.linalg.lu(A)
lib.linalg.lu_factor(A)
lib.linalg.pinv(A)
lib.linalg.lstsq(A,x33)
lib.linalg.multi_dot([A,A,A])
lib.einsum('ij,jk->ik',A,A)
lib.einsum('ij->ji',A)
lib.einsum('ij->',A)
lib.einsum('ii->i',A)
lib.einsum('ii',A)
lib.einsum('i,i->',w3,b3)
lib.einsum('i,j->ij',w3,b3)
lib.einsum('ij,j->i',A,w3)
lib.einsum('bij,bjk->bik',x3,x3.mT)
lib.einsum('bij,bij->b',x3,x3)
lib.einsum('ij,ij->',A,A)
lib.einsum('ij,ij->ij',A,A)
lib.einsum('ij,jk,kl->il',A,A,A)
lib.einsum('...ij->...ji',x4)
lib.einsum('...ij,...jk->...ik',x4,x4)
lib.einsum('bhqd,bhkd->bhqk',x4,x4)
lib.inner(A,A)
lib.inner(w3,b3)
lib.inner(A,w3)
lib.inner(w3[0],w3)
lib.tensordot(A,A,1)
lib.tensordot(A,A,2)
lib.tensordot(A,A,0)
lib.tensordot(x3,x4,([2],[3]))
lib.kron(A,A)
lib.kron(w3,b3)
lib.outer(w3,b3)
lib.dot(w3,b3)
lib.vdot(w3,b3)
lib.mv(A,w3)
lib.trace(A)
lib.cdist(x2,y2)
lib.baddbmm(x3[:,:,:3],x3,x3.mT)
lib.addbmm(x33,x3,x3.mT)
lib.bmm(x3,x3.mT)
x3@x3.mT
x3@w4
x4@x4
x3@x44
A@x3
w3@A
w3@x3
lib.matmul(x4,x44)
x2.index_put((t,),w3[0])
x2.index_put((t,t),w3[:2])
x2.index_put((t,),w3,accumulate=True)
x2.clone().index_put_((t,),w3)
ip(x2,0,w3)
ip(x2,0,1.)
ip(x2,slice(1),1.)
ip(x2,slice(None),1.)
ip(x2,slice(None),w3)
ip(x2,...,1.)
ip(x2,...,w3[0])
ip(x2,t,1.)
ip(x2,t,w3)
ip(x2,m2,1.)
ip(x2,m2,w3[0])
ip(x2,m2,w3[0].detach())
ip(x2,m2,w3[:m2.sum()])
ip(x2,(slice(None),t),1.)
ip(x2,(0,t),1.)
ip(x2,(0,t),w3[:2])
ip(x2,(t,t),w3[:2])
ip(x2,(0,0),w3[1])
ip(x2,(0,0),3.)
ip(x2,(None,0),3.)
ip(p,0,w3)
ip(p,t,w3)
ip(p,m2,w3[0])
x2.masked_fill(m2,1.)
x2.masked_fill(m2,w3[0])
x2.masked_scatter(m2,y2)
x2.clone().masked_fill_(m2,1.)
x2.gather(1,t[:,None])
x2.scatter(1,t[:,None],1.)
x2.scatter(1,t[:,None],y2)
x2.scatter_add(1,t[:,None],y2)
x2.scatter_reduce(1,t[:,None],y2,'amax')
x2.index_add(1,t,y2[:,:2])
x2.index_copy(1,t,y2[:,:2])
x2.index_fill(1,t,0.)
x2.index_select(1,t)
x2.take(t)
x2.take_along_dim(t[:,None],1)
x2[t]
x2[:,t]
x2[m2]
x2[0]
x2[...,None]
x2[[0,1]]
x2[None]
x2[True]
x2.quantile(0.5)
x2.quantile(0.5,1)
x2.nanquantile(0.5)
x2.median()
x2.median(1)
x2.nanmedian()
x2.mode()
x2.kthvalue(1)
x2.nansum()
x2.nanmean()
x2.logsumexp(1)
x2.prod()
x2.prod(1)
x2.norm()
x2.norm(1)
x2.norm(2,1)
x2.norm(dim=1)
lib.dist(x2,y2)
x2.renorm(2,0,1.)
x2.cummax(1)
x2.logcumsumexp(1)
x2.diff()
x2.roll(1)
x2.flip(0)
x2.rot90()
x2.repeat(2,1)
x2.tile(2)
x2.repeat_interleave(2)
x2.repeat_interleave(2,0)
x2.repeat_interleave(t,0)
x2.unfold(1,2,1)
lib.hstack([x2,y2])
lib.vstack([x2,y2])
lib.dstack([x2,y2])
lib.column_stack([x2,y2])
lib.block_diag(x2,y2)
lib.cartesian_prod(w3,b3)
lib.meshgrid(w3,b3,indexing='ij')
lib.broadcast_tensors(x2,w3)
lib.atleast_2d(w3)
lib.lerp(x2,y2,0.5)
lib.lerp(x2,y2,y2)
lib.addcmul(x2,x2,y2)
lib.addcdiv(x2,x2,y2)
lib.addmm(x33,A,A)
lib.addmv(w3,A,w3)
lib.addr(x33,w3,w3)
lib.where(m2,x2,0.)
lib.where(m2,x2,y2)
lib.corrcoef(x2)
lib.cov(x2)
lib.nn.utils.parameters_to_vector([x2,w3])
x2.double()
x2.half()
x2.float()
x2.to(lib.float64)
x2.type(lib.float64)
x2.contiguous()
x2.T.contiguous()
x2.reshape(-1)
x2.T.reshape(-1)
x2.flatten()
x2.ravel()
x2.T
x2.mT
x2.H
x2.squeeze()
x2[:1].squeeze(0)
x2.expand(4,2,3)
x2.expand_as(x2)
x2.view_as(y2)
x2.unbind()
x2.split(1)
x2.chunk(2)
x2.tensor_split(2)
x2.swapaxes(0,1)
x2.movedim(0,1)
x2.diagonal()
x2.diag()
w3.diag()
w3.diag_embed()
w3.diagflat()
x2.tril()
x2.as_strided((2,),(1,))
x2.select(0,1)
x2.narrow(0,0,1)
x2.select_scatter(w3,0,0)
x2.slice_scatter(y2[:1],0,0,1)
x2.diagonal_scatter(w3[:2])
x2.unflatten(1,(3,1))
x2.clamp(0)
x2.clamp(0,1)
x2.clamp(y2)
x2.clip(0,1)
x2 ** 2
x2 ** y2
2 ** x2
x2 % 2
2 - x2
2 / x2
-x2
abs(x2)
x2.pow(0.5)
x2.float_power(2)
x2.xlogy(y2)
x2.square()
x2.sum(1)
x2.mean(1)
x2.mean()
x2.max()
x2.max(1)
x2.amax(1)
x2.amax()
x2.aminmax()
x2.maximum(y2)
x2.max(y2)
x2.sort()
x2.argsort()
x2.msort()
x2.topk(1)
x2.std()
x2.var(1)
x2.softmax(1)
x2.log_softmax(1)
x2.softmax(1,dtype=lib.float64)
x2.sum(dtype=lib.float64)
x2.cumsum(0)
x2.cumprod(0)
x2.triu()
x2.hypot(y2)
x2.atan2(y2)
x2.fmod(2)
x2.remainder(y2)
x2.frac()
x2.lgamma()
x2.sinc()
x2.erf()
x2.logit()
x2.nan_to_num()
x2.copysign(y2)
x2.copysign(2.)
x2.ldexp(t[0])
x2.logaddexp(y2)
"""

#: Where the names differ, and why.
OTHER_NAMES = {
    "F.scaled_dot_product_attention(x4,x4,x4)": "PyTorch's quick form for images of this size",
    "lib.linalg.matrix_power(A,0)": "PyTorch copies the identity into an empty tensor",
    "lib.linalg.lstsq(A,x33)": "composed here; PyTorch has one node",
    "lib.tensordot(A,A,0)": "nothing is summed: a product here, a matrix product in PyTorch",
    "lib.addbmm(x33,x3,x3.mT)": "one product of matrices that lie side by side, as addmm",
    "A@x3": "PyTorch turns both around, and the result back",
    "x2.quantile(0.5)": "PyTorch takes the dimension of the fractions out in place",
    "x2.quantile(0.5,1)": "PyTorch takes the dimension of the fractions out in place",
    "x2.nanquantile(0.5)": "PyTorch takes the dimension of the fractions out in place",
}
if AMINMAX.missing:
    OTHER_NAMES["x2.aminmax()"] = str(AMINMAX)

#: The same for rows of the table.
COMPOSED = "composed here; PyTorch has one node, or composes it of other ones"
ROWS = dict.fromkeys(
    ("quantile", "nanquantile", "quantile-fractions", "tensordot", "addbmm", "solve-right",
     "cholesky", "svd", "linalg_svd", "eigh", "linalg_lu_solve", "linalg_lu_solve-right",
     "lu_solve", "cond", "lstsq", "solve_triangular-right", "cholesky_ex", "solve_ex",
     "matrix_power", "householder_product", "orgqr", "ormqr", "vecdot", "tensorinv",
     "chain_matmul", "trapezoid", "trapezoid-places", "trapz", "matmul", "linear", "einsum-2",
     "einsum-3", "inner", "cumulative_trapezoid"),
    COMPOSED,
) | {"bincount": "PyTorch's node has no name of its own"}  # fmt: skip
ROWS |= {row.name: COPIED for row in COPIES if row.graph == COPIED}


def names(library: ModuleType) -> dict[str, Any]:
    """What stands in `CALLS`."""

    def rand(*shape: int, seed: int = 0, grad: bool = True) -> Any:
        values = np.random.default_rng(seed).uniform(0.1, 0.9, shape).astype(np.float32)
        return library.tensor(values).requires_grad_(grad)

    def assigned(x: Any, key: Any, value: Any) -> Any:
        y = x.clone()
        y[key] = value
        return y

    def packed(x: Any) -> Any:
        return library.nn.utils.rnn.pack_padded_sequence(x, library.tensor([5, 3]))

    one = library.ones(2, 4, 4, dtype=library.int64)
    return {
        "lib": library, "nn": library.nn, "F": library.nn.functional, "ip": assigned,
        "pack": packed, "x4": rand(2, 3, 4, 4), "x3": rand(2, 3, 4), "x2": rand(2, 3),
        "y2": rand(2, 3, seed=9), "s": rand(5, 2, 3), "w3": rand(3), "b3": rand(3, seed=5),
        "b4": rand(4), "w4": rand(4), "z3": library.zeros(3), "o3": library.ones(3),
        "o23": library.ones(2, 3), "w44": rand(4, 4), "x44": rand(4, 4),
        "p": rand(2, 3, grad=False), "t": library.tensor([0, 1]), "t4": one, "t3": one[:, 0],
        "ml": library.tensor([[0, -1, -1], [1, 0, -1]]), "c": rand(5, 2, 3),
        "ct": library.tensor([[1, 2], [2, 1]]), "w43": rand(4, 3), "x4s": rand(2, 2, 2, 3),
        "wb": rand(2, 3, 3), "th": rand(2, 2, 3), "A": rand(3, 3), "x33": rand(3, 3, seed=3),
        "m2": library.tensor([[True, False, True], [False, True, False]]),
    }  # fmt: skip


def shown(result: Any) -> list[tuple[str | None, int]]:
    """Of each tensor, the name of its node and which output it is."""
    nodes = [getattr(output, "grad_fn", None) for output in flat(result)]
    return [
        (None if node is None else type(node).__name__, getattr(output, "output_nr", 0))
        for node, output in zip(nodes, flat(result), strict=True)
    ]


@pytest.mark.parametrize("call", CALLS.split("\n")[1:-1])
def test_the_last_node(call: str) -> None:
    count_case()
    nodes = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for library in (tinygrad_edu, torch):
            library.manual_seed(1)
            nodes.append(shown(eval(call, names(library))))
    assert (nodes[0] == nodes[1]) == (call not in OTHER_NAMES), f"{nodes[0]}, not {nodes[1]}"


def test_how_nodes_print() -> None:
    shown = []
    for library in (tinygrad_edu, torch):
        x = library.ones(2, requires_grad=True)
        node = (x * 2).grad_fn
        texts = [repr(node), str(node), repr(node.next_functions[0][0])]
        assert all(int(text[:-1].split()[-1], 16) for text in texts), "the address"
        shown.append([re.sub("0x[0-9a-f]+>$", "0x1>", text) for text in texts])
    assert shown[0] == shown[1]


@pytest.mark.parametrize("row", [pytest.param(r, id=n) for n, r in OPS.items() if r.graph])
@settings(max_examples=10)
@given(data=st.data())
def test_the_last_node_of_rows_with_other_graphs(row: Any, data: Any) -> None:
    case = data.draw(cases(row, ("f32",)))
    count_case()
    theirs, bridge = arguments(case, row), Bridge()
    ours = [bridge.to_ours(t) for t in theirs]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected, error = attempt(lambda: shown(row.call(torch, *theirs, **case.options)))
        if error is not None:
            return  # test_ops.py compares what is raised
        got = shown(row.call(tinygrad_edu, *ours, **case.options))
    assert got == expected or row.name in ROWS, f"{case.id}: {got}, not {expected}"
