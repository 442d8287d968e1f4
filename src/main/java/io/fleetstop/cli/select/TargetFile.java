package io.fleetstop.cli.select;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.select.TargetArguments.Account;
import io.fleetstop.credentials.StrictJson;
import io.fleetstop.transport.SmallFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads the file of {@code --targets}: a JSON array with one object for each account. */
final class TargetFile {

  private static final JsonMapper JSON = JsonMapper.builder(StrictJson.newFactory()).build();
  private static final List<String> FIELDS =
      List.of("name", "profile", "roleTrn", "credentials", "regions");

  /** The value of {@code credentials}: those that a command without an account would use. */
  private static final String OWN = TargetArguments.OWN_ACCOUNT;

  private static final Pattern ACCOUNT_NUMBER = Pattern.compile("\\d{6,}");
  private static final String EXAMPLE =
      "[{\"name\": \"dev\", \"profile\": \"dev\", \"regions\": [\"cn-beijing\"]}]";

  private TargetFile() {}

  /**
   * Reads the accounts.
   *
   * @throws CommandFailure that names the entry and the field that is wrong
   */
  static List<Account> read(Path file) {
    JsonNode json = parsed(file);
    if (!json.isArray() || json.isEmpty()) {
      throw refused(
          file,
          (json.isArray() || json.isMissingNode() ? "is empty; it " : "")
              + "must be a JSON array such as "
              + EXAMPLE);
    }
    List<Account> accounts = new ArrayList<>();
    for (JsonNode entry : json) {
      accounts.add(account(file, accounts.size() + 1, entry));
    }
    return accounts;
  }

  private static JsonNode parsed(Path file) {
    try {
      return JSON.readTree(SmallFile.read(file, SmallFile.MAX_TEXT));
    } catch (IOException e) {
      throw refused(file, "cannot be read: " + SmallFile.reason(e));
    } catch (JacksonException e) {
      // The message quotes the text, which may be a secret: a file of keys named by mistake.
      throw refused(
          file,
          (isYaml(file) ? "is YAML, which is not read; convert it with yq -o json; " : "")
              + "it is not JSON with distinct names"
              + place(e.getLocation()));
    }
  }

  private static String place(@Nullable TokenStreamLocation location) {
    return location == null
        ? ", or nested too deep"
        : "; see line " + location.getLineNr() + ", column " + location.getColumnNr();
  }

  private static boolean isYaml(Path file) {
    return file.toString().endsWith(".yaml") || file.toString().endsWith(".yml");
  }

  private static Account account(Path file, int number, JsonNode entry) {
    String where = "entry " + number;
    if (!entry.isObject()) {
      throw refused(file, where + " must be an object, such as in " + EXAMPLE);
    }
    for (String field : entry.propertyNames()) {
      if (!FIELDS.contains(field)) {
        throw refused(file, where + " has the field \"" + field + "\"; the fields are " + FIELDS);
      }
    }
    String profile = text(file, where, entry, "profile");
    String role = text(file, where, entry, "roleTrn");
    String name = text(file, where, entry, "name");
    if (name == null) {
      name = profile;
    }
    requireCredentials(file, where, profile, role, text(file, where, entry, "credentials"));
    requireOwnNumber(file, where, name, role);
    if (name == null) {
      throw refused(file, where + " has no name; it is shown in journals and outcomes");
    }
    return new Account(name, profile, role, regions(file, where, entry.path("regions")));
  }

  /** The own credentials under the name of another account would stop the wrong instances. */
  private static void requireCredentials(
      Path file,
      String where,
      @Nullable String profile,
      @Nullable String role,
      @Nullable String credentials) {
    if (credentials == null) {
      if (profile == null && role == null) {
        throw refused(
            file,
            where
                + " does not say whose credentials to use; add \"profile\": NAME, \"roleTrn\": TRN,"
                + " or \"credentials\": \"default\" for those of the environment");
      }
      return;
    }
    if (!credentials.equals(OWN)) {
      throw refused(
          file,
          where
              + " must have \"default\" as credentials, which are those of the environment; name a"
              + " profile as \"profile\", and a role as \"roleTrn\"");
    }
    if (profile != null) {
      throw refused(
          file,
          where + " has both profile and credentials; keep the one that leads to the account");
    }
  }

  private static void requireOwnNumber(
      Path file, String where, @Nullable String name, @Nullable String role) {
    if (role == null) {
      return;
    }
    String account = TargetArguments.accountOf(role);
    if (account == null) {
      throw refused(
          file,
          where + " must have trn:iam::<account>:role/<name> as roleTrn, was \"" + role + "\"");
    }
    if (name != null && !name.equals(account) && ACCOUNT_NUMBER.matcher(name).matches()) {
      throw refused(
          file,
          where
              + " is named "
              + name
              + ", but its roleTrn is of the account "
              + account
              + "; correct one of them");
    }
  }

  private static List<String> regions(Path file, String where, JsonNode regions) {
    List<String> names = new ArrayList<>();
    for (JsonNode region : regions) {
      names.add(region.isString() ? region.stringValue() : "");
    }
    if (!regions.isMissingNode() && (!regions.isArray() || names.isEmpty() || names.contains(""))) {
      throw refused(file, where + " must have regions as an array of names");
    }
    return names;
  }

  private static @Nullable String text(Path file, String where, JsonNode entry, String field) {
    JsonNode value = entry.path(field);
    if (value.isMissingNode()) {
      return null;
    }
    if (!value.isString() || value.stringValue().isBlank()) {
      throw refused(file, where + " must have a text as " + field);
    }
    return value.stringValue();
  }

  private static CommandFailure refused(Path file, String reason) {
    return CommandFailure.usage("--targets: " + file + ": " + reason);
  }
}
