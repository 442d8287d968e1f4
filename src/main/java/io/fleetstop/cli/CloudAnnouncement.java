package io.fleetstop.cli;

import static io.fleetstop.cli.output.TerminalText.shellWord;

import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.simulator.CloudSimulator;
import java.io.PrintStream;

/** What {@code fleetstop simulate} prints about several accounts and regions. */
final class CloudAnnouncement {

  private CloudAnnouncement() {}

  /** Prints the settings for calling it, as lines of a shell. */
  static void print(CloudSimulator cloud, int instances, PrintStream out) {
    String first = cloud.accounts().get(0);
    out.print(
        "# "
            + TerminalText.instances(instances)
            + " in each of "
            + cloud.accounts().size()
            + " accounts and "
            + cloud.regions().size()
            + " regions at "
            + cloud.endpoint()
            + ". Interrupt to end.\n");
    out.print("export VOLCENGINE_ACCESS_KEY=" + shellWord(cloud.accessKeyId(first)) + "\n");
    out.print("export VOLCENGINE_SECRET_KEY=" + shellWord(cloud.secretAccessKey()) + "\n");
    out.print("export VOLCENGINE_ENDPOINT=" + cloud.endpoint() + "\n");
    for (String account : cloud.accounts()) {
      for (String region : cloud.regions()) {
        out.print(
            TerminalText.escape(
                    "# " + account + "/" + region + ": from " + firstId(cloud, account, region))
                + "\n");
      }
    }
    out.print("# fleetstop stop --region all --status RUNNING --plan\n");
    StringBuilder roles = new StringBuilder();
    cloud
        .accounts()
        .forEach(account -> roles.append(" --role-trn ").append(cloud.roleTrn(account)));
    out.print("# fleetstop stop --region all" + roles + " --status RUNNING --plan\n");
    out.flush();
  }

  private static String firstId(CloudSimulator cloud, String account, String region) {
    return cloud.ids(account, region).stream().findFirst().orElse("no id");
  }

  /** Returns the ledger of each account and region. */
  static String ledgers(CloudSimulator cloud) {
    StringBuilder text = new StringBuilder();
    for (String account : cloud.accounts()) {
      for (String region : cloud.regions()) {
        text.append("Simulated until now in ")
            .append(TerminalText.escape(account + "/" + region))
            .append(": ")
            .append(cloud.ledger(account, region))
            .append('\n');
      }
    }
    return text.toString();
  }
}
