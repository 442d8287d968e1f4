package io.fleetstop.cli.select;

import io.fleetstop.EcsClient;
import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.WhereArguments;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.error.EcsException;
import io.fleetstop.fleet.Target;
import io.fleetstop.model.DescribeRegions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** The targets that a command line names: each pair of an account and a region is one. */
public final class TargetArguments {

  /** The name of the account whose credentials the chain gives. */
  static final String OWN_ACCOUNT = "default";

  /** Any region lists them all. */
  private static final String LISTING_REGION = "cn-beijing";

  /** Of 100 regions each. */
  private static final int MAX_PAGES = 5;

  private static final Pattern ROLE = Pattern.compile("trn:iam::(\\d+):role/(.+)");

  /**
   * An account with its regions, as given.
   *
   * @param name the name in journals and outcomes
   * @param regions the regions; empty for that of the profile
   */
  record Account(
      String name, @Nullable String profile, @Nullable String roleTrn, List<String> regions) {

    Account inRegionsOf(Set<Target> targets) {
      return new Account(
          name,
          profile,
          roleTrn,
          targets.stream()
              .filter(target -> target.account().equals(name))
              .map(Target::region)
              .toList());
    }
  }

  private TargetArguments() {}

  /** Whether the command line names its targets in a way that allows several. */
  public static boolean isSeveral(WhereArguments where) {
    return where.isSeveral() || where.targets != null;
  }

  /**
   * Returns the targets in the order of the command line, each with the arguments that lead to it.
   *
   * @throws CommandFailure if one is given twice, or the regions of an account cannot be listed
   */
  public static Map<Target, WhereArguments> of(WhereArguments where, Terminal terminal) {
    return of(accounts(where), where, terminal);
  }

  /**
   * Returns the arguments that lead to each of the targets of a journal. Accounts without a region
   * have those of the journal; other targets that are given are left out.
   *
   * @throws CommandFailure if a target of the journal is not given
   */
  public static Map<Target, WhereArguments> ofJournal(
      WhereArguments where, Terminal terminal, Set<Target> journal) {
    List<Account> accounts =
        accounts(where).stream()
            .map(account -> account.regions().isEmpty() ? account.inRegionsOf(journal) : account)
            .filter(account -> !account.regions().isEmpty())
            .toList();
    Map<Target, WhereArguments> given = of(accounts, where, terminal);
    Map<Target, WhereArguments> targets = new LinkedHashMap<>();
    List<Target> missing = new ArrayList<>();
    for (Target target : journal) {
      WhereArguments leading = given.get(target);
      if (leading == null) {
        missing.add(target);
      } else {
        targets.put(target, leading);
      }
    }
    if (!missing.isEmpty()) {
      throw CommandFailure.usage(
          "--journal: the run has also stopped instances in "
              + TerminalText.escape(missing.toString())
              + ", which the command line does not name; nothing was started. Give the --profile,"
              + " --role-trn or --targets of the stop, or start one target with --target");
    }
    return targets;
  }

  private static Map<Target, WhereArguments> of(
      List<Account> accounts, WhereArguments where, Terminal terminal) {
    Map<Target, WhereArguments> targets = new LinkedHashMap<>();
    for (Account account : accounts) {
      for (String region : regions(account, where, terminal)) {
        Target target;
        try {
          target = new Target(account.name(), region);
        } catch (IllegalArgumentException e) {
          throw CommandFailure.usage(
              (where.targets == null ? "" : "--targets: " + where.targets + ": ") + e.getMessage());
        }
        if (targets.put(target, where.narrowed(region, account.profile(), account.roleTrn()))
            != null) {
          throw CommandFailure.usage(
              "the target " + target + " is given twice; give each account another name");
        }
      }
    }
    return targets;
  }

  private static List<Account> accounts(WhereArguments where) {
    if (where.targets != null) {
      return TargetFile.read(where.targets);
    }
    List<String> regions = where.regionNames();
    if (where.roleTrns.isEmpty()) {
      return where.profiles.isEmpty()
          ? List.of(new Account(OWN_ACCOUNT, null, null, regions))
          : where.profiles.stream()
              .distinct()
              .map(profile -> new Account(profile, profile, null, regions))
              .toList();
    }
    if (where.profiles.size() > 1) {
      throw CommandFailure.usage(
          "--role-trn is assumed with one --profile; for roles of several profiles use --targets"
              + " FILE");
    }
    List<Account> roles = new ArrayList<>();
    for (String trn : where.roleTrns.stream().distinct().toList()) {
      roles.add(new Account(name(trn, where.roleTrns), where.profile(), trn, regions));
    }
    return roles;
  }

  /** Returns the account of a role, with the name of the role if others are of that account. */
  private static String name(String trn, List<String> all) {
    Matcher role = matched(trn);
    String account = role.group(1);
    boolean unique = all.stream().distinct().filter(isOf(account)).count() == 1;
    return unique ? account : account + ":" + role.group(2).replace('/', '.');
  }

  private static Predicate<String> isOf(String account) {
    return trn -> matched(trn).group(1).equals(account);
  }

  /** Returns the account of a role, or {@code null} if it is not the name of a role. */
  static @Nullable String accountOf(String trn) {
    Matcher role = ROLE.matcher(trn);
    return role.matches() ? role.group(1) : null;
  }

  private static Matcher matched(String trn) {
    Matcher role = ROLE.matcher(trn);
    if (!role.matches()) {
      throw CommandFailure.usage(
          "--role-trn must be trn:iam::<account>:role/<name>, was \"" + trn + "\"");
    }
    return role;
  }

  private static List<String> regions(Account account, WhereArguments where, Terminal terminal) {
    if (!account.regions().contains(WhereArguments.ALL_REGIONS)) {
      return account.regions().isEmpty()
          ? List.of(ownRegion(account, where, terminal))
          : account.regions();
    }
    WhereArguments own = where.narrowed(null, account.profile(), account.roleTrn());
    TargetSettings.Setting region = TargetSettings.of(own, terminal).region();
    WhereArguments listing =
        where.narrowed(
            region == null ? LISTING_REGION : region.value(), account.profile(), account.roleTrn());
    try (ServiceTarget service = ServiceTarget.find(listing, terminal)) {
      EcsClient client = service.connect(EcsClient.builder());
      return Objects.requireNonNull(
          client
              .call(DescribeRegions.first())
              .expand(page -> page.isLast() ? Mono.empty() : client.call(page.next()))
              .take(MAX_PAGES + 1)
              .index((index, page) -> requireEnd(account, where, index, page))
              .flatMapIterable(DescribeRegions.Page::regionIds)
              .distinct()
              .collectList()
              .block());
    } catch (EcsException e) {
      throw CommandFailure.unanswered(
          "the regions of " + account.name() + " cannot be listed",
          e,
          "nothing was stopped; " + regionsByName(account, where));
    }
  }

  /** Returns how to name the regions of an account. */
  private static String regionsByName(Account account, WhereArguments where) {
    return where.targets == null
        ? "name the regions with --region"
        : "name the regions of \"" + account.name() + "\" in " + where.targets;
  }

  private static DescribeRegions.Page requireEnd(
      Account account, WhereArguments where, long index, DescribeRegions.Page page) {
    if (index == MAX_PAGES) {
      throw CommandFailure.unanswered(
          "the regions of "
              + account.name()
              + " do not end after "
              + MAX_PAGES
              + " pages; nothing was stopped; "
              + regionsByName(account, where));
    }
    return page;
  }

  private static String ownRegion(Account account, WhereArguments where, Terminal terminal) {
    WhereArguments own = where.narrowed(null, account.profile(), account.roleTrn());
    // A variable would send all accounts to one region.
    TargetSettings.Setting region =
        account.profile() == null || account.roleTrn() != null
            ? TargetSettings.of(own, terminal).region()
            : TargetSettings.regionOfProfile(own, terminal);
    if (region == null) {
      throw CommandFailure.configuration(
          "the region of "
              + account.name()
              + " is missing: "
              + (where.targets == null
                  ? "set --region, or the region of the profile, for example cn-beijing"
                  : "add \"regions\": [\"cn-beijing\"], with its regions, to the entry \""
                      + account.name()
                      + "\" of "
                      + where.targets));
    }
    return region.value();
  }
}
