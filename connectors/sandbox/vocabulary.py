# ruff: noqa: E501 - lists of words read best as lists
"""The words of an invented retailer's work, from which titles are composed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """What one theme's work speaks about."""

    epics: tuple[str, ...]
    objects: tuple[str, ...]  # features are about these
    things: tuple[str, ...]  # stories are about these
    surfaces: tuple[str, ...]
    actors: tuple[str, ...]
    systems: tuple[str, ...]
    steps: tuple[str, ...]


FEATURES = (
    "{Object} for {actor}",
    "{Object} with live data from {system}",
    "Self-service {object}",
    "Faster {object}",
    "{Object} in {place}: pilot",
    "Roll out {object} to {place}",
    "Replace the old {object}",
    "One view of {object} on the {surface}",
    "{Object} without paper",
    "Alerts for {object}",
)
STORIES = (
    "Show {thing} on the {surface}",
    "Let {actor} change {thing} before {step}",
    "Send {thing} to {system}",
    "Remember {thing} after {step}",
    "Check {thing} before {step}",
    "Explain {thing} to {actor}",
    "Retry {thing} when {system} does not answer",
    "Offer {thing} in Dutch on the {surface}",
    "Count how often {actor} see {thing}",
    "Print {thing} at {step}",
    "Hide {thing} that {actor} may not see",
    "Load {thing} in under a second on the {surface}",
)
TASKS = (
    "Migrate {thing} out of {system}",
    "Contract tests between {system} and the {surface}",
    "Purge {thing} older than five years",
    "Dashboard of {thing} for {actor}",
    "Rotate the keys of {system}",
    "Drop the nightly copy of {thing}",
)
BUGS = (
    "{Thing} lost after {step}",
    "{Thing} shown twice on the {surface}",
    "Wrong {thing} when {system} is slow",
    "The {surface} freezes while loading {thing}",
    "{Actor} cannot see {thing} on Sundays",
    "Rounding error in {thing} at {step}",
)
SUBTASKS = ("Agree the wording with {actor}", "Extend the interface of {system}", "Test with {actor}", "Switch it on")
RISKS = (
    "{System} may leave support before {object} is replaced",
    "Peak season may overload {system}",
    "Too few people know {object}",
    "Supplier of {system} raises prices at renewal",
    "{Actor} may not accept {object}",
    "New rules on {thing} come earlier than planned",
)
PLACES = ("Lille", "Nantes", "Lyon", "Bordeaux", "Ghent", "Liège", "Rennes", "Marseille", "Strasbourg", "Tours")

DELIVERY = Vocabulary(
    epics=(
        "Next-day delivery from every warehouse",
        "Evening delivery slots in large towns",
        "One promise date from basket to doorstep",
        "Parcel lockers at forty stations",
        "Own drivers for bulky goods",
        "Live tracking down to the street",
        "Returns collected at the door",
        "Second picking shift in the northern hub",
        "Electric vans for city rounds",
        "Delivery promise for marketplace sellers",
        "Cross-docking without storage",
        "Carrier tender with shared forecasts",
    ),
    objects=("delivery slots", "carrier labels", "round planning", "locker bookings", "picking lists", "dock schedules",
             "proof of delivery", "bulky-goods rounds", "return collections", "parcel tracking"),
    things=("the promise date", "open parcels", "the chosen slot", "failed deliveries", "locker codes", "the driver's note",
            "the return label", "weight and size", "the round's order", "damaged goods", "the carrier's reply", "pick errors"),
    surfaces=("order page", "driver app", "warehouse scanner", "dispatch screen", "tracking page", "hub wall display"),
    actors=("drivers", "dispatchers", "pickers", "customers", "carriers", "hub managers"),
    systems=("the carrier gateway", "the warehouse system", "the route planner", "the locker network", "the label printer"),
    steps=("dispatch", "loading", "hand-over", "the cut-off", "stock-taking", "the evening round"),
)  # fmt: skip
CHECKOUT = Vocabulary(
    epics=(
        "Self-checkout in a hundred stores",
        "Pay by phone without queueing",
        "Electronic shelf labels",
        "One till software for France and Belgium",
        "Receipts by e-mail",
        "Scan as you shop",
        "Age checks without a cashier",
        "Staff planning from footfall",
        "Click and collect in two hours",
        "Deposit machines at the entrance",
        "Price checks in the aisle",
        "Tills that work offline",
    ),
    objects=("till receipts", "shelf labels", "self-checkout lanes", "gift cards", "cash counting", "price checks",
             "collect counters", "age checks", "refunds at the till", "store rosters"),
    things=("the discount", "weighed goods", "the payment reply", "the till balance", "missing prices", "the receipt", "the deposit",
            "the queue length", "voided lines", "the customer card", "the promotion", "opening float"),
    surfaces=("till screen", "self-checkout", "store tablet", "shelf label", "back-office page", "manager's phone"),
    actors=("cashiers", "store managers", "customers", "auditors", "shelf teams", "security staff"),
    systems=("the payment terminal", "the price master", "the fiscal archive", "the footfall sensors", "the cash safe"),
    steps=("closing time", "payment", "the day's first sale", "a power cut", "a price change", "shift change"),
)  # fmt: skip
LOYALTY = Vocabulary(
    epics=(
        "One loyalty card in shop and app",
        "Rewards people choose themselves",
        "Household accounts",
        "Consent kept in one place",
        "Birthday offers that arrive on time",
        "Service history for every customer",
        "Complaints answered within a day",
        "Loyalty tiers for tradespeople",
        "Warranty found without a receipt",
        "Newsletter by interest",
        "Call-back instead of waiting in line",
        "Partner points with the railway",
    ),
    objects=("reward catalogue", "consent records", "household accounts", "complaint handling", "warranty records", "point balances",
             "partner offers", "contact history", "newsletter topics", "call-backs"),
    things=("the point balance", "expired points", "the chosen reward", "consent changes", "the household", "the complaint's status",
            "the warranty date", "duplicate accounts", "the preferred shop", "the offer", "the last contact", "the unsubscribe link"),
    surfaces=("loyalty page", "mobile app", "service desk", "newsletter", "account page", "chat window"),
    actors=("members", "service agents", "tradespeople", "families", "privacy officers", "partners"),
    systems=("the customer hub", "the mailing service", "the telephone system", "the partner exchange", "the identity provider"),
    steps=("sign-up", "checkout", "the first call", "a change of address", "the yearly reset", "log-out"),
)  # fmt: skip
CIRCULAR = Vocabulary(
    epics=(
        "Second-hand corner in thirty stores",
        "Repair bookings online",
        "Take back what we sold",
        "Spare parts for ten years",
        "Rent instead of buy: tools",
        "Refurbished furniture online",
        "A passport for every product",
        "Repair bonus at the till",
        "Resale prices from condition photos",
        "Packaging that comes back",
    ),
    objects=("repair bookings", "take-back offers", "condition checks", "spare parts", "tool rental", "resale listings",
             "product passports", "deposit boxes", "repair vouchers", "refurbishing orders"),
    things=("the condition photos", "the take-back price", "the repair quote", "missing parts", "the rental period", "the deposit",
            "the serial number", "material data", "the repair bonus", "the resale price", "the workshop slot", "the return box"),
    surfaces=("repair page", "resale page", "workshop tablet", "store tablet", "product page", "rental desk"),
    actors=("repairers", "customers", "workshop staff", "buyers", "renters", "quality checkers"),
    systems=("the parts catalogue", "the workshop planner", "the resale marketplace", "the product registry", "the deposit bank"),
    steps=("drop-off", "inspection", "collection", "the first offer", "refurbishing", "the repair"),
)  # fmt: skip
CORE = Vocabulary(
    epics=(
        "Orders out of the mainframe",
        "Stock levels in one new service",
        "Prices from one master",
        "Retire the nightly batch",
        "Supplier invoices on the new core",
        "Customer records off the old database",
        "Order archive for the auditors",
        "Switch-over plan for peak season",
        "Returns on the new core",
        "Freeze and empty the old warehouse tables",
    ),
    objects=("order intake", "stock service", "price master", "invoice matching", "nightly batch", "order archive",
             "returns ledger", "supplier records", "switch-over rehearsals", "old reports"),
    things=("open orders", "stock counts", "price lists", "supplier invoices", "order numbers", "tax codes", "archived orders",
            "batch results", "customer numbers", "rejected lines", "credit notes", "the audit trail"),
    surfaces=("order desk", "stock page", "reconciliation report", "operations console", "finance screen", "supplier portal"),
    actors=("order clerks", "accountants", "auditors", "operators", "buyers", "suppliers"),
    systems=("the mainframe", "the new core", "the ledger", "the message bus", "the reporting database"),
    steps=("the nightly run", "month end", "switch-over", "the rehearsal", "year end", "the first delivery"),
)  # fmt: skip
NONE = Vocabulary(
    epics=("New intranet for head office", "Move to the new campus network", "Photo studio for the catalogue"),
    objects=DELIVERY.objects[:3] + LOYALTY.objects[:3] + CHECKOUT.objects[:3],
    things=DELIVERY.things[:5] + LOYALTY.things[:5] + CHECKOUT.things[:5],
    surfaces=("intranet", "order page", "till screen", "account page"),
    actors=("buyers", "store managers", "service agents"),
    systems=("the intranet", "the campus network", "the photo library"),
    steps=("month end", "the first day", "log-in"),
)


class Titles:
    """Composes titles that have not been used before."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._used: set[str] = set()
        self._parts: dict[str, int] = {}  # how many parts a title has, where the words ran out

    def epic(self, words: Vocabulary) -> str:
        """The theme's own titles in their order, then by place."""
        for title in words.epics:
            if title not in self._used:
                return self._keep(title)
        return self._compose(("Bring {object} to {place}", "{Object} fit for {actor}"), words)

    def compose(self, patterns: Sequence[str], words: Vocabulary) -> str:
        return self._compose(patterns, words)

    def _compose(self, patterns: Sequence[str], words: Vocabulary) -> str:
        pick = self._random.choice
        title = ""
        for _ in range(12):
            told = {
                "object": pick(words.objects),
                "thing": pick(words.things),
                "surface": pick(words.surfaces),
                "actor": pick(words.actors),
                "system": pick(words.systems),
                "step": pick(words.steps),
                "place": pick(PLACES),
            }
            pattern = pick(patterns)
            if pattern.startswith("{") and pattern[1].isupper():  # only the first word of a title has a capital
                opening = pattern[1 : pattern.index("}")]
                word = told[opening.lower()]
                told[opening] = word[0].upper() + word[1:]
            title = pattern.format_map(told)
            if title not in self._used:
                return self._keep(title)
        part = self._parts[title] = self._parts.get(title, 1) + 1
        return self._keep(f"{title}, part {part}")

    def _keep(self, title: str) -> str:
        self._used.add(title)
        return title
