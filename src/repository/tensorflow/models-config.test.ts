import { describe, expect, it } from 'vitest';
import { parseModelsConfig } from './parse-models-config.js';

describe('parseModelsConfig', () => {
  it('reads names, folders, version policies and labels', () => {
    const text = `
      # As in TensorFlow Serving's documentation.
      model_config_list: {
        config: { name: "first", base_path: "/models/first", model_platform: "tensorflow" },
        config {
          name: 'second'
          base_path: 'second'
          model_version_policy { specific { versions: 42 versions: 43 } }
          version_labels { key: 'stable' value: 42 }
          version_labels { key: 'canary' value: 43 }
          logging_config { sampling_config { sampling_rate: 0.1 } }
        }
        config { name: 'third' base_path: 'third' model_version_policy { latest { num_versions: 2 } } }
        config { name: 'fourth' base_path: 'fourth' model_version_policy { all {} } }
      }`;
    expect(parseModelsConfig(text)).toEqual([
      { name: 'first', basePath: '/models/first', choice: { labels: {} } },
      {
        name: 'second',
        basePath: 'second',
        choice: {
          versions: { specific: [42, 43] },
          labels: { stable: 42, canary: 43 },
          labelPlaces: { stable: '9:11', canary: '10:11' },
        },
        asksForLog: true,
      },
      { name: 'third', basePath: 'third', choice: { versions: { latest: 2 }, labels: {} } },
      { name: 'fourth', basePath: 'fourth', choice: { versions: 'all', labels: {} } },
    ]);
  });

  it.each([
    ["version_labels: { value: 1, key: 'a' }", { a: '1:57' }],
    ["version_labels < key: 'a' value: 1 >", { a: '1:57' }],
    ["version_labels: [{ key: 'a' value: 1 }, { key: 'b' value: 2 }]", { a: '1:57', b: '1:97' }],
    ["version_labels { key: '}{' value: 1 }", { '}{': '1:57' }],
    ["version_labels { key: 'a' value: 1 } version_labels { key: 'a' value: 2 }", { a: '1:94' }],
    ["version_labels { key: '\\x61' 'b' value: 1 } # version_labels { key: 'c' value: 1 }\n", { ab: '1:57' }],
  ])('knows where labels stand: %s', (labels, places) => {
    const text = `model_config_list { config { name: 'm' base_path: '/m{' ${labels} } config { name: 'n' base_path: 'n' } }`;
    expect(parseModelsConfig(text).map(({ choice }) => choice.labelPlaces)).toEqual([places, undefined]);
  });

  const one = (text: string) => `model_config_list { config { name: 'm' base_path: '/m' ${text} } }`;
  it.each([
    ['', "expected 'model_config_list', got none"],
    ['model_config_list { config { base_path: "/m" } }', "config[0]: the model's name '' is not a name"],
    ['model_config_list { config { name: "m" } }', "model 'm': expected a 'base_path', got none"],
    [
      'model_config_list { config { name: "m" base_path: "a" } config { name: "m" base_path: "b" } }',
      "model 'm' is listed twice",
    ],
    [one("model_platform: 'caffe'"), `model 'm': expected 'model_platform' to be "tensorflow" or nothing, got "caffe"`],
    [one('model_version_policy { specific {} }'), "model 'm': expected versions in 'specific', got none"],
    [
      one('model_version_policy { specific { versions: 0 } }'),
      "model 'm': expected positive versions in 'specific', got 0",
    ],
    [
      one("version_labels { key: 'a b' value: 1 }"),
      "model 'm': 'a b' cannot be a label: expected 1 to 128 characters other than white space, control characters, / and @",
    ],
    [
      one(`version_labels { key: '${'a'.repeat(129)}' value: 1 }`),
      `model 'm': '${'a'.repeat(129)}' cannot be a label: expected 1 to 128 characters other than white space, control characters, / and @`,
    ],
    [one("version_labels { key: 'a' value: -1 }"), "model 'm': label 'a': expected a positive version, got -1"],
  ])('refuses %s', (text, message) => {
    expect(() => parseModelsConfig(text)).toThrow(message);
  });

  it('says where the text is wrong', () => {
    expect(() => parseModelsConfig('model_config_list {\n  config { nom: "m" }\n}')).toThrow(
      /^2:12: .*unknown field "nom" for message ModelConfig/,
    );
  });
});
