import { afterEach, expect, it } from 'vitest';
import { connect } from '../../src/client/index.js';
import { ERROR_CODES, MillraceError } from '../../src/core/index.js';
import { createFakeService } from '../support/fake-service.js';
import { closeTestServers, startTestServer } from '../support/http-server.js';

afterEach(closeTestServers);

it.each(ERROR_CODES)(
  'the error %s has the same code in the server and in the client, whatever its status',
  async (code) => {
    const service = createFakeService({ infer: () => Promise.reject(new MillraceError(code, 'no')) });
    const { url } = await startTestServer({ service });
    const error = await connect(url, { retry: false })
      .model('m')
      .infer({ x: [[1, 2, 3, 4]] })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, message: 'no' });
  },
);
