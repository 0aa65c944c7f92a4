import { describe, expect, it } from 'vitest';
import { sourceFiles } from './source-files.js';
import { messageMatches, plainMentions } from './text-matches.js';

/** Files that match what an error says, and whose words that are: nothing else tells there what has happened. None is a MillraceError. */
const FOREIGN: Readonly<Record<string, string>> = {
  'src/batch-files/reading/parquet.ts': "DuckDB's: the first line, behind which is its statement",
  'src/cli/exit-code.ts': "commander's, without its prefix",
  'src/client/transport.ts': "OpenSSL's, which has no codes, as the system's certificates and handshakes fail",
  'src/repository/parse-config.ts':
    'of the readers of configurations, which are plain Errors and begin with their place',
  'src/repository/tensorflow/parse-models-config.ts': 'of @bufbuild/protobuf',
  'src/repository/triton/parse.ts': 'of @bufbuild/protobuf',
  'src/runtimes/llama/import-native.ts': "Node's: which part of koffi is not installed",
  'src/runtimes/media/broken.ts': "the decoders': the first line",
  'src/runtimes/import-optional.ts': "Node's: which decoder is not installed",
  'src/runtimes/onnx/errors.ts': "ONNX Runtime's",
  'src/runtimes/script/explain.ts': "the transpiler's and Node's, of a script that does not load",
  'src/server/http/client-error.ts': "that of Node's HTTP parser, without its prefix",
  'src/store/sqlite/faults.ts': "libsql's, which has no code where it cannot open a file",
};

/** Messages on the way of requests that are no errors: they name models for the log. */
const FOR_THE_LOG = [
  'src/engine/engine.ts',
  'src/engine/generation/open-review.ts',
  'src/engine/generation/prepare.ts',
  'src/engine/generation/shared-parts.ts',
  'src/engine/instance-pool.ts',
  'src/engine/load-failures.ts',
  'src/models/lookup/model-aliases.ts',
  'src/runtimes/host/runner-process.ts',
];

/** Rooms and files whose errors callers read who need not see the models in them. Others are told to who manages what they name. */
const ON_THE_WAY =
  /^src\/(?:core|engine|routing|runtimes|inference|account|service)\/|^src\/models\/(?!lookup\/version-labels|loading\/(?!load-model))|^src\/traffic\/(?!(?:declarations|labels|rollouts)\/|routes\/(?:check-route|route-parts))/;

const filesWith = (found: (text: string) => readonly string[]) =>
  sourceFiles().flatMap(({ path, text }) => (found(text).length > 0 ? [path] : []));

describe('the message of an error', () => {
  it('is matched nowhere but where a vendor, or what is no MillraceError, says nothing else', () => {
    expect(filesWith(messageMatches).toSorted()).toEqual(Object.keys(FOREIGN).toSorted());
  });

  it('names models as such where not everybody sees them', () => {
    const naming = filesWith(plainMentions).filter((path) => ON_THE_WAY.test(path));
    expect(naming.toSorted()).toEqual(['src/core/named-model.ts', ...FOR_THE_LOG].toSorted());
  });
});

describe('a match of a message', () => {
  it.each([
    '/x/.test(error.message)',
    '/x/.exec(messageOf(error))',
    'const { message } = error; /x/.exec(message)',
    'const { message: text } = error; text.startsWith(prefix)',
    'const text = error instanceof Error ? error.message : String(error); PATTERN.test(text)',
    "error.message.toLowerCase().includes('x')",
    "error.message === 'x'",
    "String(error.message).split('\\n')",
    "'x' !== (error as Error).message",
  ])('is seen: %s', (code) => {
    expect(messageMatches(code)).not.toEqual([]);
  });

  it.each(['/x/.test(text)', "error.code === 'not_found'", 'say(error.message)', 'error.message === other.message'])(
    'is not seen in %s',
    (code) => {
      expect(messageMatches(code)).toEqual([]);
    },
  );
});

describe('a model that is only text', () => {
  it.each(["`model '${name}' is gone`", '`runner ${label} is gone`', '`${mention} is gone`', '`${namedModel(ref)} x`'])(
    'is seen: %s',
    (code) => {
      expect(plainMentions(code)).toEqual([code]);
      expect(plainMentions(`msg${code}`)).toEqual([]);
    },
  );
});
