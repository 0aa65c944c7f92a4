import { expect, it } from 'vitest';
import { surroundings } from '../../../test/support/sources-fixture.js';
import { hubOf } from './hub-config.js';

const publicly = { url: 'https://huggingface.co/', cacheFolder: '/home/me/.cache/huggingface/hub' };
const token = { '/home/me/.cache/huggingface/token': 'kept\n' };

it.each([
  ['nothing', {}, {}, { ...publicly, authorization: undefined }],
  ['a token that was kept', {}, token, { ...publicly, authorization: 'Bearer kept' }],
  ['HF_TOKEN before it', { HF_TOKEN: 'given' }, token, { ...publicly, authorization: 'Bearer given' }],
  ['tokens that are off', { HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' }, token, { ...publicly, authorization: undefined }],
  ['HF_TOKEN_PATH', { HF_TOKEN_PATH: '/t' }, { '/t': 'other' }, { ...publicly, authorization: 'Bearer other' }],
  [
    'HF_HOME',
    { HF_HOME: '/hf' },
    { '/hf/token': 'home' },
    { ...publicly, cacheFolder: '/hf/hub', authorization: 'Bearer home' },
  ],
  [
    'HF_ENDPOINT and HF_HUB_CACHE',
    { HF_ENDPOINT: 'https://hub.example/hf', HF_HUB_CACHE: '/cache' },
    {},
    { url: 'https://hub.example/hf/', cacheFolder: '/cache', authorization: undefined },
  ],
])('reads %s as huggingface_hub does', async (_, env, files, hub) => {
  expect(await hubOf(surroundings(env, files))).toEqual(hub);
});

it('refuses an endpoint that is no URL', async () => {
  await expect(hubOf(surroundings({ HF_ENDPOINT: 'hub' }))).rejects.toThrow("'hub' is no URL of a registry");
});
