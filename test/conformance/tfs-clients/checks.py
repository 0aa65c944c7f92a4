#!/usr/bin/env python3
"""Acceptance check with Google's own stubs (PyPI tensorflow-serving-api 2.21) against any TensorFlow-Serving-compatible server.
usage: tfs_client.py [--grpc HOST:PORT] [--rest HOST:PORT] [--model mlp16l] [--version 1] [--classify MODEL] [--skip section,…]
Model: mlp-16x10.onnx served as `mlp16l`: input x float[-1,16], output y float[-1,10], signature serving_default.
--classify names a model whose signature takes tf.Example (feature "x": 16 floats); without it Classify/Regress/MultiInference are only
asked to answer with a proper status (not UNIMPLEMENTED at the transport: INVALID_ARGUMENT, UNIMPLEMENTED or FAILED_PRECONDITION with text).
The packages without TensorFlow (0.9 MB instead of 1.5 GB) come from install.py. Prints "N passed, N failed".
Origin: the acceptance check that was given with the task, unchanged but for this text and the closing line."""
import argparse, http.client, json, sys, traceback
import grpc, numpy as np
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc as ps, model_service_pb2_grpc as ms, get_model_status_pb2 as gs, get_model_metadata_pb2 as gm, classification_pb2 as cl, regression_pb2 as rg, inference_pb2 as inf, model_management_pb2 as mm
from tensorflow.core.framework import tensor_pb2, types_pb2, tensor_shape_pb2
from tensorflow.core.example import example_pb2
ap = argparse.ArgumentParser(); ap.add_argument('--grpc', default='127.0.0.1:8500'); ap.add_argument('--rest', default=''); ap.add_argument('--model', default='mlp16l'); ap.add_argument('--version', type=int, default=1); ap.add_argument('--classify', default=''); ap.add_argument('--skip', default=''); a = ap.parse_args()
P = F = S = 0
def check(n, c, info=''):
    global P, F
    if c: P += 1
    else: F += 1; print('FAIL', n, str(info)[:400])
def eq(n, g, w): check(n, g == w, f'got {g!r} want {w!r}')
def close(n, g, w): check(n, np.shape(g) == np.shape(w) and np.allclose(g, w, atol=1e-4), f'got {np.shape(g)} {np.ravel(g)[:3]} want {np.shape(w)} {np.ravel(w)[:3]}')
def code(n, codes, fn, *args):
    try: r = fn(*args, timeout=10)
    except grpc.RpcError as e: check(n, e.code() in codes and (e.details() or '') != '', (e.code(), e.details())); return e
    check(n, False, f'no error: {str(r)[:200]}')
def section(name, on=True):
    def d(fn):
        global S, F
        if not on or name in a.skip.split(','): S += 1; print('skip', name); return
        try: fn()
        except Exception: F += 1; print('FAIL', name, 'stopped by'); traceback.print_exc(limit=2)
    return d
ch = grpc.insecure_channel(a.grpc); pred = ps.PredictionServiceStub(ch); mod = ms.ModelServiceStub(ch); C = grpc.StatusCode
X = np.array([[round(i * 0.37, 2) for i in range(1, 17)]], np.float32); Y = np.array([[-1.7707852, -0.27018842, -0.4855900, -1.8080990, 3.8009858, -1.1959554, 2.2536080, -3.1777968, 1.0558412, -0.9611328]], np.float32)
def tp(v, content=True):
    t = tensor_pb2.TensorProto(dtype=types_pb2.DT_FLOAT, tensor_shape=tensor_shape_pb2.TensorShapeProto(dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=s) for s in v.shape]))
    if content: t.tensor_content = v.tobytes()
    else: t.float_val.extend(v.ravel().tolist())
    return t
def val(t): s = [d.size for d in t.tensor_shape.dim]; return (np.frombuffer(t.tensor_content, np.float32) if t.tensor_content else np.array(t.float_val, np.float32)).reshape(s)
def req(v=X, model=None, version=None, sig='', key='x', content=True, filt=()):
    r = predict_pb2.PredictRequest(); r.model_spec.name = model or a.model; r.model_spec.signature_name = sig
    if version is not None: r.model_spec.version.value = version
    if key: r.inputs[key].CopyFrom(tp(v, content))
    r.output_filter.extend(filt); return r
@section('predict')
def _():
    o = pred.Predict(req(), timeout=10); close('predict tensor_content', val(o.outputs['y']), Y); eq('dtype', o.outputs['y'].dtype, types_pb2.DT_FLOAT); eq('model_spec echoed', (o.model_spec.name, o.model_spec.version.value, o.model_spec.signature_name), (a.model, a.version, 'serving_default')); eq('output names', list(o.outputs), ['y'])
    close('predict float_val', val(pred.Predict(req(content=False), timeout=10).outputs['y']), Y); close('explicit signature', val(pred.Predict(req(sig='serving_default'), timeout=10).outputs['y']), Y); close('explicit version', val(pred.Predict(req(version=a.version), timeout=10).outputs['y']), Y); close('batch of 5', val(pred.Predict(req(np.repeat(X, 5, 0)), timeout=10).outputs['y']), np.repeat(Y, 5, 0)); close('output_filter', val(pred.Predict(req(filt=['y']), timeout=10).outputs['y']), Y)
    r = req(key=None); t = tp(X, False); del t.float_val[:]; t.float_val.append(1.0); r.inputs['x'].CopyFrom(t); close('one float_val fills the tensor', val(pred.Predict(r, timeout=10).outputs['y']), val(pred.Predict(req(np.ones((1, 16), np.float32)), timeout=10).outputs['y']))
    e = code('unknown model', [C.NOT_FOUND], pred.Predict, req(model='nope')); check('  text names the model', e is not None and 'nope' in e.details(), e and e.details()); code('unknown version', [C.NOT_FOUND], pred.Predict, req(version=99)); code('missing input', [C.INVALID_ARGUMENT], pred.Predict, req(key=None)); code('wrong input name', [C.INVALID_ARGUMENT], pred.Predict, req(key='zz')); code('wrong shape', [C.INVALID_ARGUMENT], pred.Predict, req(X[:, :15].copy())); code('unknown signature', [C.INVALID_ARGUMENT, C.FAILED_PRECONDITION, C.NOT_FOUND], pred.Predict, req(sig='nosuch')); code('unknown output in filter', [C.INVALID_ARGUMENT], pred.Predict, req(filt=['nope'])); code('no model name', [C.INVALID_ARGUMENT, C.NOT_FOUND], pred.Predict, predict_pb2.PredictRequest())
    r = req(); r.inputs['x'].dtype = types_pb2.DT_INT32; code('wrong dtype', [C.INVALID_ARGUMENT], pred.Predict, r); r = req(); r.inputs['x'].tensor_content = b'\0' * 10; code('tensor_content of a wrong size', [C.INVALID_ARGUMENT], pred.Predict, r)
    fs = [pred.Predict.future(req(X + i), timeout=20) for i in range(50)]; check('50 in flight', all(f.result().outputs['y'].tensor_shape.dim[1].size == 10 for f in fs))
@section('metadata')
def _():
    r = gm.GetModelMetadataRequest(metadata_field=['signature_def']); r.model_spec.name = a.model; o = pred.GetModelMetadata(r, timeout=10); eq('metadata model', (o.model_spec.name, o.model_spec.version.value), (a.model, a.version)); m = gm.SignatureDefMap(); check('metadata is SignatureDefMap', o.metadata['signature_def'].Unpack(m), o); s = m.signature_def['serving_default']; eq('signature input', (list(s.inputs), s.inputs['x'].dtype, [d.size for d in s.inputs['x'].tensor_shape.dim]), (['x'], types_pb2.DT_FLOAT, [-1, 16])); eq('signature output', (list(s.outputs), s.outputs['y'].dtype, [d.size for d in s.outputs['y'].tensor_shape.dim]), (['y'], types_pb2.DT_FLOAT, [-1, 10])); eq('method name', s.method_name, 'tensorflow/serving/predict')
    r2 = gm.GetModelMetadataRequest(metadata_field=['signature_def']); r2.model_spec.name = 'nope'; code('metadata unknown model', [C.NOT_FOUND], pred.GetModelMetadata, r2); r.metadata_field[:] = ['nope']; code('metadata unknown field', [C.INVALID_ARGUMENT], pred.GetModelMetadata, r); r.metadata_field[:] = []; code('metadata without a field', [C.INVALID_ARGUMENT], pred.GetModelMetadata, r)
@section('status')
def _():
    r = gs.GetModelStatusRequest(); r.model_spec.name = a.model; o = mod.GetModelStatus(r, timeout=10); eq('status', [(v.version, v.state) for v in o.model_version_status], [(a.version, gs.ModelVersionStatus.AVAILABLE)]); eq('status code OK', o.model_version_status[0].status.error_code, 0); r.model_spec.version.value = a.version; eq('status of a version', len(mod.GetModelStatus(r, timeout=10).model_version_status), 1); r.model_spec.version.value = 99; code('status unknown version', [C.NOT_FOUND], mod.GetModelStatus, r); r = gs.GetModelStatusRequest(); r.model_spec.name = 'nope'; code('status unknown model', [C.NOT_FOUND], mod.GetModelStatus, r)
def example(): e = example_pb2.Example(); e.features.feature['x'].float_list.value.extend(X.ravel().tolist()); return e
@section('classify')
def _():
    any_status = [C.INVALID_ARGUMENT, C.UNIMPLEMENTED, C.FAILED_PRECONDITION]
    def fill(r, m): r.model_spec.name = m; r.input.example_list.examples.append(example()); return r
    if not a.classify:
        code('Classify of a predict-only model', any_status, pred.Classify, fill(cl.ClassificationRequest(), a.model)); code('Regress of a predict-only model', any_status, pred.Regress, fill(rg.RegressionRequest(), a.model)); code('MultiInference without tasks', any_status, pred.MultiInference, inf.MultiInferenceRequest()); return
    o = pred.Classify(fill(cl.ClassificationRequest(), a.classify), timeout=10); eq('one Classifications an example', len(o.result.classifications), 1); c = o.result.classifications[0].classes; check('classes have scores', len(c) == 10 and abs(max(x.score for x in c) - 3.8009858) < 1e-4, c); o = pred.Regress(fill(rg.RegressionRequest(), a.classify), timeout=10); eq('one regression an example', len(o.result.regressions), 1)
@section('reload')
def _():
    r = mm.ReloadConfigRequest()
    try: o = mod.HandleReloadConfigRequest(r, timeout=10); check('reload answers', o.status.error_code in (0, 3), o)
    except grpc.RpcError as e: check('reload answers a status with text', e.code() in (C.INVALID_ARGUMENT, C.PERMISSION_DENIED, C.UNIMPLEMENTED) and e.details(), (e.code(), e.details()))
@section('rest', bool(a.rest))
def _():
    def call(method, path, body=None):
        h, p = a.rest.split(':'); k = http.client.HTTPConnection(h, int(p), timeout=10); k.request(method, path, None if body is None else body if isinstance(body, str) else json.dumps(body), {'Content-Type': 'application/json'}); x = k.getresponse(); b = x.read().decode(); k.close(); return x.status, (json.loads(b) if b else None)
    m = f'/v1/models/{a.model}'; s, o = call('POST', m + ':predict', {'instances': X.tolist()}); eq('rest row status', s, 200); close('rest row values', o['predictions'], Y); s, o = call('POST', m + ':predict', {'instances': [{'x': X[0].tolist()}] * 2}); close('rest named rows', o['predictions'], np.repeat(Y, 2, 0)); s, o = call('POST', m + ':predict', {'inputs': {'x': X.tolist()}}); close('rest columns', o['outputs'], Y); s, o = call('POST', m + ':predict', {'inputs': X.tolist()}); close('rest columns without a name', o['outputs'], Y); s, o = call('POST', f'{m}/versions/{a.version}:predict', {'signature_name': 'serving_default', 'instances': X.tolist()}); eq('rest version', s, 200)
    s, o = call('GET', m); eq('rest status', (s, o['model_version_status'][0]['version'], o['model_version_status'][0]['state'], o['model_version_status'][0]['status']), (200, str(a.version), 'AVAILABLE', {'error_code': 'OK', 'error_message': ''})); s, o = call('GET', m + '/metadata'); eq('rest metadata spec', (s, o['model_spec']['name'], str(o['model_spec']['version'])), (200, a.model, str(a.version))); sd = o['metadata']['signature_def']['signature_def']['serving_default']; eq('rest metadata input', (sd['inputs']['x']['dtype'], [d['size'] for d in sd['inputs']['x']['tensor_shape']['dim']]), ('DT_FLOAT', ['-1', '16']))
    s, o = call('POST', '/v1/models/nope:predict', {'instances': [1]}); check('rest unknown model', s == 404 and 'error' in o, (s, o)); s, o = call('POST', m + ':predict', '{bad'); check('rest bad JSON', s == 400 and 'error' in o, (s, o)); s, o = call('POST', m + ':predict', {'instances': [[1, 2]]}); check('rest wrong shape', s == 400 and 'error' in o, (s, o)); s, o = call('POST', m + ':predict', {}); check('rest no instances', s == 400 and 'error' in o, (s, o)); s, o = call('GET', '/v1/models/nope'); check('rest status unknown', s == 404 and 'error' in o, (s, o)); s, o = call('POST', m + ':predict', {'instances': X.tolist(), 'inputs': X.tolist()}); check('rest instances and inputs together', s == 400, (s, o))
print(f'{P} passed, {F} failed'); sys.exit(1 if F else 0)
