import { describe, expect, it } from 'vitest';
import { platformValues } from './platform-variables.js';

const valuesOf = (env: Record<string, string>) =>
  Object.fromEntries(platformValues(env).map(([path, { name, text }]) => [path.join('.'), `${name}: ${text}`]));

describe('platformValues', () => {
  it('says where Vertex AI asks for what', () => {
    const env = { AIP_HTTP_PORT: '8080', AIP_HEALTH_ROUTE: '/h', AIP_PREDICT_ROUTE: '/v1/endpoints/1:predict' };
    expect(valuesOf(env)).toEqual({
      'vertex.httpPort': 'AIP_HTTP_PORT: 8080',
      'vertex.healthRoute': 'AIP_HEALTH_ROUTE: /h',
      'vertex.predictRoute': 'AIP_PREDICT_ROUTE: /v1/endpoints/1:predict',
    });
  });

  it('gives SageMaker its port, and the others to the rest', () => {
    const range = 'SAGEMAKER_SAFE_PORT_RANGE';
    expect(valuesOf({ SAGEMAKER_BIND_TO_PORT: '6001', [range]: '6000-6999' })).toEqual({
      'sagemaker.httpPort': 'SAGEMAKER_BIND_TO_PORT: 6001',
      'server.httpPort': `${range}: 6000`,
      'server.grpcPort': `${range}: 6002`,
      'server.metricsPort': `${range}: 6003`,
    });
    expect(valuesOf({ [range]: '6000-6000', PORT: '80' })).toEqual({ 'server.httpPort': 'PORT: 80' });
  });

  it('has models loaded by SageMaker, where there are several of them', () => {
    const explicit = { 'repository.controlMode': 'SAGEMAKER_MULTI_MODEL: explicit' };
    expect(valuesOf({ SAGEMAKER_MULTI_MODEL: 'true' })).toEqual(explicit);
    expect(valuesOf({ SAGEMAKER_MULTI_MODEL: 'false' })).toEqual({});
  });

  it.each(['', '6000', 'a-b', '6000-'])('takes no range from %j', (text) => {
    expect(valuesOf({ SAGEMAKER_SAFE_PORT_RANGE: text, PORT: '' })).toEqual({});
  });
});
