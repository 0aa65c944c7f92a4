import { describe, expect, it } from 'vitest';
import { source } from '../../../test/support/controller-fixture.js';
import { diffScan } from '../../repository/index.js';
import { KnownSources } from './known-sources.js';

/** Names and versions of what a scan of the same files would load. */
function due(known: KnownSources, ...sources: ReturnType<typeof source>[]): readonly string[] {
  const scan = {
    sources,
    problems: [],
    unsettled: [],
    unselected: [],
    notices: [],
    unlisted: [],
    names: sources.map(({ name }) => name),
  };
  return diffScan(known.all, scan).changed.map(({ to }) => `${to.name}/${to.version}`);
}

describe('KnownSources', () => {
  it('replaces the sources of named models, and keeps those of others', () => {
    const known = new KnownSources();
    known.replace([source('a', 1), source('a', 2), source('b', 1)]);
    known.remember(['a', 'c'], [source('a', 3)]);
    expect(known.all.map(({ name, version }) => `${name}/${version}`)).toEqual(['b/1', 'a/3']);
    expect(known.of('a')).toEqual([source('a', 3)]);
  });

  it('allows five more attempts after a temporary failure', () => {
    const known = new KnownSources();
    const files = source('a', 1);
    const tries: (readonly string[])[] = [];
    for (let load = 0; load < 7; load++) {
      known.replace([files, source('b', 1)]);
      known.letPollTryAgain(files);
      tries.push(due(known, files, source('b', 1)));
    }
    expect(tries).toEqual([['a/1'], ['a/1'], ['a/1'], ['a/1'], ['a/1'], [], []]);
  });

  it('begins to count anew with other files, and once a load was settled', () => {
    const known = new KnownSources();
    const exhaust = (files: ReturnType<typeof source>) => {
      for (let load = 0; load < 6; load++) {
        known.replace([files]);
        known.letPollTryAgain(files);
      }
      return due(known, files);
    };
    expect(exhaust(source('a', 1, 'first'))).toEqual([]);
    const changed = source('a', 1, 'second');
    known.replace([changed]);
    known.letPollTryAgain(changed);
    expect(due(known, changed)).toEqual(['a/1']);
    expect(exhaust(changed)).toEqual([]);
    known.settled(changed);
    known.replace([changed]);
    known.letPollTryAgain(changed);
    expect(due(known, changed)).toEqual(['a/1']);
  });
});
