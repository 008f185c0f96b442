// Starts `vnetsh lsp` and leaves the rest to the language client.
const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

exports.activate = () => {
  const [command, ...args] = workspace.getConfiguration("vnet").get("command");
  client = new LanguageClient("vnet", "vnet", { command, args }, { documentSelector: [{ language: "vnet" }] });
  return client.start();
};

exports.deactivate = () => client?.stop();
