/**
 * The image's health check: exits with 0 where the server is ready, else with 1. It asks http://127.0.0.1:8000/v2/health/ready; the port is
 * that of MILLRACE_SERVER_HTTP_PORT or PORT, and HEALTH_URL replaces the whole address (https for a server with TLS, whose certificate
 * is for other names than 127.0.0.1 and is not checked).
 */
import http from 'node:http';
import https from 'node:https';

const { HEALTH_URL, MILLRACE_SERVER_HTTP_PORT, PORT } = process.env;
const port = MILLRACE_SERVER_HTTP_PORT || PORT || 8000;
const url = new URL(HEALTH_URL || `http://127.0.0.1:${port}/v2/health/ready`);
const client = url.protocol === 'https:' ? https : http;

client
  .get(url, { timeout: 2_000, rejectUnauthorized: false }, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1))
  .on('timeout', () => process.exit(1))
  .on('error', ({ message }) => {
    console.error(message);
    process.exit(1);
  });
