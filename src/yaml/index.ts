/** Room `yaml` (rank 1): YAML, and its JSON subset, with the place of every key. */
export * from './parse-yaml.js';
