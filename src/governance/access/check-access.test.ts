import { describe, expect, it } from 'vitest';
import { checkAccess, expandActions } from './check-access.js';

const NONE = { roles: {}, bindings: [] };
const messages = (access: Partial<Parameters<typeof checkAccess>[0]>) =>
  checkAccess({ ...NONE, ...access }).map(({ path, message }) => `${path.join('.')}: ${message}`);

describe('checkAccess', () => {
  it('takes roles of actions, and bindings of principals and groups', () => {
    const roles = { tester: ['model.*', 'server.read'] };
    const bindings = [
      { group: 'qa', role: 'tester', models: ['fraud*', 'a@canary'] },
      { principal: 'key:ci', role: 'publisher' },
      { principal: 'oidc:login/42', role: 'admin' },
      { principal: 'cert:edge.example.com', role: 'caller' },
    ];
    expect(messages({ roles, bindings })).toEqual([]);
  });

  it('says what is nearly meant', () => {
    expect(
      messages({
        roles: { viewer: [], 'a b': [], tester: ['model.infr', 'modl.*', 'nonsense'] },
        bindings: [
          { role: 'caler', group: 'a' },
          { role: 'caller' },
          { role: 'caller', group: 'a', principal: 'key:b' },
          { role: 'caller', principal: 'ci', models: ['a b', 'x/y'] },
          { role: 'caller', principal: 'anonymous' },
        ],
      }),
    ).toEqual([
      "roles.viewer: 'viewer' is built in: call it otherwise",
      'roles.a b: expected a name of 1 to 64 letters, digits, _, . and -, the first a letter or digit',
      "roles.tester.0: there is no action 'model.infr'; did you mean 'model.infer'?",
      "roles.tester.1: there is no action 'modl.*'; did you mean 'model.*'?",
      expect.stringMatching(/^roles\.tester\.2: there is no action 'nonsense' \(actions: model\.infer, model\.read, /),
      "bindings.0.role: there is no role 'caler'; did you mean 'caller'?",
      'bindings.1: expected either group or principal, got neither',
      'bindings.2: expected either group or principal, got both',
      "bindings.3.principal: expected key:<name>, oidc:<issuer>/<subject>, cert:<name> or app:<name>, got 'ci'",
      "bindings.3.models.0: expected the name of a model, a route or a label (fraud@canary), in which * stands for any text; got 'a b'",
      "bindings.3.models.1: expected the name of a model, a route or a label (fraud@canary), in which * stands for any text; got 'x/y'",
      "bindings.4.principal: expected key:<name>, oidc:<issuer>/<subject>, cert:<name> or app:<name>, got 'anonymous'; what everybody may do without a key is auth.anonymousScopes",
    ]);
  });
});

describe('expandActions', () => {
  it('takes a star for all actions of a kind', () => {
    expect(expandActions(['route.*', 'model.infer'])).toEqual(['model.infer', 'route.read', 'route.change']);
  });
});
