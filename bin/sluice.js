#!/usr/bin/env node
// The `sluice` command. Old JavaScript on purpose: it must run on any Node, however old, to say which one is needed.
'use strict';

var fs = require('fs');
var path = require('path');
var childProcess = require('child_process');

var minMajor = 24;

if (parseInt(process.versions.node, 10) >= minMajor) require('./start.js');
else useAnotherNode();

/** Hands over to the Node that `npm ci` put beside us; without one, says what to do. */
function useAnotherNode() {
  var node = pinnedNode();
  if (node === null) {
    console.error(
      'sluice needs Node.js ' +
        minMajor +
        ' or newer; this is ' +
        process.versions.node +
        ' (' +
        process.execPath +
        ').\n' +
        'In a checkout run:   npm ci      (it installs the right Node into node_modules; then run this command again)\n' +
        'Elsewhere install it from https://nodejs.org/en/download, or with your version manager: nvm install ' +
        minMajor
    );
    process.exit(1);
  }
  // As npm start does: a larger young generation means fewer and cheaper garbage collections.
  var args = ['--max-semi-space-size=64', __filename].concat(process.argv.slice(2));
  var child = childProcess.spawn(node, args, { stdio: 'inherit' });
  ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'].forEach(function (name) {
    process.on(name, function () {
      child.kill(name);
    });
  });
  child.on('error', function (error) {
    console.error('sluice: cannot start ' + node + ': ' + error.message);
    process.exit(1);
  });
  child.on('exit', function (code, signal) {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** The pinned runtime, or null when it is not there or is itself too old. */
function pinnedNode() {
  var folder = path.join(__dirname, '..', 'node_modules', 'node');
  var node = path.join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  try {
    var version = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')).version;
    return fs.existsSync(node) && parseInt(version, 10) >= minMajor ? node : null;
  } catch (_error) {
    return null; // not installed
  }
}
