# ruff: noqa: E501 - rows of a table stay on one line
"""What Tressande wants, and who works on it: themes, value streams, trains, teams."""

from __future__ import annotations

from connectors.sandbox.vocabulary import CHECKOUT, CIRCULAR, CORE, DELIVERY, LOYALTY
from connectors.sandbox.work import Team, Theme

STORES = "Store Systems"
LOGISTICS = "Logistics"


def _jira(name: str, project: str, stream: str, *, iterates: bool = True) -> Team:
    return Team(name=name, tracker="jira", project=project, area="", stream=stream, iterates=iterates)


def _azure(name: str, project: str, stream: str) -> Team:
    return Team(
        name=name, tracker="azure_devops", project=project, area=f"{project}\\{name}", stream=stream, iterates=True
    )


BASKET = _jira("Basket", "SHOP", "shop")
MOBILE = _jira("Mobile", "SHOP", "shop")
MEMBERS = _jira("Members", "LOY", "shop")
SERVICE = _jira("Service desk", "LOY", "shop")
SUPPLY = _jira("Supply", "SUP", "supply", iterates=False)
TILL = _azure("Checkout", STORES, "stores")
SHELF = _azure("Shelf", STORES, "stores")
WAREHOUSE = _azure("Warehouse", LOGISTICS, "supply")
ROUNDS = _azure("Delivery", LOGISTICS, "supply")
TEAMS = (BASKET, MOBILE, MEMBERS, SERVICE, SUPPLY, TILL, SHELF, WAREHOUSE, ROUNDS)

THEMES = (
    Theme(id="doorstep", name="At the doorstep the next day", words=DELIVERY, teams=(ROUNDS, WAREHOUSE, BASKET), epics=14),
    Theme(id="checkout", name="A checkout without queues", words=CHECKOUT, teams=(TILL, SHELF), epics=14),
    Theme(id="loyalty", name="Customers who come back", words=LOYALTY, teams=(MEMBERS, SERVICE), epics=14),
    Theme(id="circular", name="Repair, rent, resell", words=CIRCULAR, teams=(MOBILE, BASKET, SHELF), epics=11),
    Theme(id="core", name="Leave the mainframe", words=CORE, teams=(SUPPLY, WAREHOUSE), epics=12, in_trouble=True),
)  # fmt: skip
