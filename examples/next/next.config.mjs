/** millrace loads native libraries and starts processes: it stays out of the bundle. */
const config = { serverExternalPackages: ['millrace'] };

export default config;
