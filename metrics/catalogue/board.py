"""The portfolio kanban, in words: its load, what moves on it, what an epic lacks, what its order costs."""

from __future__ import annotations

from metrics.catalogue.metric import Metric

METRICS = (
    Metric(
        id="board_load",
        version=1,
        name={"en": "Load of the portfolio kanban", "fr": "Charge du kanban du portefeuille"},
        question={
            "en": "How many epics does each state hold, and how many may it?",
            "fr": "Combien d’epics chaque état contient-il, et combien peut-il en contenir ?",
        },
        formula={
            "en": (
                "Epics in each portfolio state at the end of the period. A state is made of the statuses that the "
                "settings map to it, of all trackers. Epics in a status that nobody mapped stand in a row of their own."
            ),
            "fr": (
                "Epics dans chaque état du portefeuille à la fin de la période. Un état réunit les statuts que les "
                "réglages lui associent, tous outils confondus. Les epics dont le statut n’est associé à rien ont leur "
                "propre ligne."
            ),
        },
        unit="items",
        better="range",
        precision=0,
        includes={
            "en": "Epics neither done, given up nor removed.",
            "fr": "Les epics ni terminés, ni abandonnés, ni retirés.",
        },
        excludes={
            "en": (
                "Epics without a history: only where they are now is known. Where no epic is known to stand in a "
                "state of the board, no load is known."
            ),
            "fr": (
                "Les epics sans historique : on ne connaît que leur place actuelle. Si l’on ne sait d’aucun epic "
                "dans quel état il est, aucune charge n’est connue."
            ),
        },
        minimum_sample=1,
        source="status history, kanban and guardrails in the settings; SAFe, Portfolio Kanban",
    ),
    Metric(
        id="board_flow",
        version=1,
        name={"en": "Entries and exits by state", "fr": "Entrées et sorties par état"},
        question={
            "en": "What came into each state, and what left it?",
            "fr": "Qu’est-ce qui est entré dans chaque état, et qu’est-ce qui en est sorti ?",
        },
        formula={
            "en": (
                "Epics that entered a portfolio state, and those that left it, on a day of the period. Moves between "
                "statuses of one state are none; who comes back is counted again. To leave is to move on, to move "
                "back, to be given up or to be removed."
            ),
            "fr": (
                "Epics entrés dans un état du portefeuille, et epics qui l’ont quitté, un jour de la période. Un "
                "passage entre deux statuts du même état n’en est pas un ; qui revient compte de nouveau. Quitter, "
                "c’est avancer, reculer, être abandonné ou être retiré."
            ),
        },
        unit="items",
        better="none",
        precision=0,
        includes={
            "en": "Every epic that ever stood on the board.",
            "fr": "Tout epic qui a un jour figuré sur le tableau.",
        },
        excludes={
            "en": "Epics without a history, and those in ignored states.",
            "fr": "Les epics sans historique, et ceux des états ignorés.",
        },
        minimum_sample=1,
        source="status history, kanban in the settings; SAFe, Portfolio Kanban",
    ),
    Metric(
        id="board_conversion",
        version=1,
        name={"en": "Conversion rate", "fr": "Taux de passage"},
        question={
            "en": "How much of what leaves a state moves on?",
            "fr": "Quelle part de ce qui quitte un état va plus loin ?",
        },
        formula={
            "en": "Epics that left a state for a later one, or for done, divided by all that left it in the period.",
            "fr": (
                "Epics passés d’un état à un état ultérieur, ou terminés, rapportés à tous ceux qui l’ont quitté "
                "pendant la période."
            ),
        },
        unit="%",
        better="none",
        precision=1,
        includes={"en": "Every exit in the period.", "fr": "Toutes les sorties de la période."},
        excludes={"en": "Epics without a history.", "fr": "Les epics sans historique."},
        minimum_sample=1,
        source="status history, kanban in the settings",
    ),
    Metric(
        id="board_kills",
        version=1,
        name={"en": "Kill rate", "fr": "Taux d’abandon"},
        question={
            "en": "How much of what leaves a state is given up there?",
            "fr": "Quelle part de ce qui quitte un état y est abandonnée ?",
        },
        formula={
            "en": (
                "Epics given up in a state, divided by all that left it in the period. Before work begins that is "
                "healthy: an idea was tested and put aside. Afterwards it is waste."
            ),
            "fr": (
                "Epics abandonnés dans un état, rapportés à tous ceux qui l’ont quitté pendant la période. Avant que "
                "le travail ne commence, c’est sain : une idée a été examinée et écartée. Après, c’est une perte."
            ),
        },
        unit="%",
        better="none",
        precision=1,
        includes={"en": "Every exit in the period.", "fr": "Toutes les sorties de la période."},
        excludes={"en": "Epics without a history.", "fr": "Les epics sans historique."},
        minimum_sample=1,
        source="status history, resolutions, kanban in the settings",
    ),
    Metric(
        id="board_age",
        version=1,
        name={"en": "Age in the state", "fr": "Âge dans l’état"},
        question={
            "en": "How long have epics been where they are?",
            "fr": "Depuis combien de temps les epics sont-ils là où ils sont ?",
        },
        formula={
            "en": (
                "Days since an epic entered its portfolio state, the first and today included; the median, and what "
                "85% stayed within, by nearest rank. One is old that has been there for longer than 85% of those "
                "stayed that left the state in 52 weeks."
            ),
            "fr": (
                "Jours depuis l’entrée d’un epic dans son état, le premier et aujourd’hui compris ; la médiane, et ce "
                "que 85 % ne dépassent pas, au rang le plus proche. Est ancien celui qui y est depuis plus longtemps "
                "que n’y sont restés 85 % de ceux sortis en 52 semaines."
            ),
        },
        unit="days",
        better="down",
        precision=0,
        includes={"en": "Epics on the board as of today.", "fr": "Les epics présents sur le tableau à ce jour."},
        excludes={"en": "Epics without a history.", "fr": "Les epics sans historique."},
        minimum_sample=5,
        source="status history, kanban in the settings",
    ),
    Metric(
        id="board_stay",
        version=1,
        name={"en": "Stay in the state", "fr": "Séjour dans l’état"},
        question={
            "en": "How long do epics stay in a state until they leave it?",
            "fr": "Combien de temps les epics restent-ils dans un état avant d’en sortir ?",
        },
        formula={
            "en": (
                "Days from an epic’s entry into a portfolio state to its exit, both included, whichever way it went; "
                "the median, and what 85% stayed within, by nearest rank, of stays that ended in the 52 weeks up to "
                "the end of the period."
            ),
            "fr": (
                "Jours entre l’entrée d’un epic dans un état et sa sortie, les deux compris, où qu’il soit allé ; la "
                "médiane, et ce que 85 % ne dépassent pas, au rang le plus proche, des séjours achevés dans les 52 "
                "semaines jusqu’à la fin de la période."
            ),
        },
        unit="days",
        better="down",
        precision=0,
        includes={
            "en": "Every stay that ended in these 52 weeks.",
            "fr": "Tous les séjours achevés dans ces 52 semaines.",
        },
        excludes={"en": "Epics without a history.", "fr": "Les epics sans historique."},
        minimum_sample=5,
        source="status history, kanban in the settings",
    ),
    Metric(
        id="board_stuck",
        version=1,
        name={"en": "Stuck before work begins", "fr": "Bloqués avant le début du travail"},
        question={
            "en": "Which epics wait in a state that nothing leaves?",
            "fr": "Quels epics attendent dans un état d’où rien ne sort ?",
        },
        formula={
            "en": (
                "Epics in a state between the first and the one with which work begins, there for longer than 85% of "
                "those stayed that left it in 52 weeks (ten of them at least), while nothing has left it for {stuck}."
            ),
            "fr": (
                "Epics dans un état entre le premier et celui où le travail commence, depuis plus longtemps que n’y "
                "sont restés 85 % de ceux sortis en 52 semaines (dix au moins), alors que rien n’en est sorti depuis "
                "{stuck}."
            ),
        },
        unit="items",
        better="down",
        precision=0,
        includes={"en": "Epics on the board as of today.", "fr": "Les epics présents sur le tableau à ce jour."},
        excludes={
            "en": "Epics without a history, and the first state, where waiting is meant.",
            "fr": "Les epics sans historique, et le premier état, fait pour attendre.",
        },
        minimum_sample=1,
        source="status history, kanban in the settings",
    ),
    Metric(
        id="exit_policies",
        version=1,
        name={"en": "Exit policies", "fr": "Critères de sortie"},
        question={
            "en": "Has each epic what it needs to leave its state?",
            "fr": "Chaque epic a-t-il ce qu’il lui faut pour quitter son état ?",
        },
        formula={
            "en": (
                "Epics that meet every policy of their state and of those they came through, divided by all epics of "
                "which a policy can be checked. What is looked for is what is there today. Policies that are words "
                "alone are listed, and count neither way."
            ),
            "fr": (
                "Epics qui remplissent tous les critères de leur état et de ceux qu’ils ont traversés, rapportés à "
                "tous ceux dont un critère peut être vérifié. On regarde ce qui est là aujourd’hui. Les critères en "
                "mots seuls sont listés et ne comptent ni pour ni contre."
            ),
        },
        unit="%",
        better="up",
        precision=1,
        includes={
            "en": "Epics on the board as of today; those done in 13 weeks, by the policies of being done alone.",
            "fr": "Les epics présents sur le tableau à ce jour ; ceux terminés en 13 semaines, par les seuls critères "
            "de cet état.",
        },
        excludes={
            "en": "Epics in a status that nobody mapped, and policies that an unread line of the log may meet.",
            "fr": "Les epics dont le statut n’est associé à rien, et les critères que remplit peut-être une ligne non "
            "lue du journal des décisions.",
        },
        minimum_sample=1,
        source="fields of the trackers, settings, decision log; SAFe, Portfolio Kanban",
    ),
    Metric(
        id="stale_scores",
        version=1,
        name={"en": "Stale scores", "fr": "Scores périmés"},
        question={
            "en": "Which scores no longer say what an epic is worth?",
            "fr": "Quels scores ne disent plus ce que vaut un epic ?",
        },
        formula={
            "en": (
                "Open epics whose WSJF was last changed more than two whole increments ago, or before more than 25% "
                "of the items below them were added, given up or removed. A score never seen to change is as old as "
                "its epic."
            ),
            "fr": (
                "Epics ouverts dont le WSJF a changé pour la dernière fois il y a plus de deux incréments entiers, ou "
                "avant que plus de 25 % des éléments en dessous ne soient ajoutés, abandonnés ou retirés. Un score "
                "jamais vu changer a l’âge de son epic."
            ),
        },
        unit="items",
        better="down",
        precision=0,
        includes={"en": "Open epics with a score, as of today.", "fr": "Les epics ouverts et évalués, à ce jour."},
        excludes={
            "en": "Epics without a size or a score: they are listed; with these alone, not known.",
            "fr": "Les epics sans taille ou sans score : ils sont listés ; s’il n’y a qu’eux, inconnu.",
        },
        minimum_sample=1,
        source="fields of the trackers and their changes; SAFe, WSJF",
    ),
    Metric(
        id="order_price",
        version=1,
        name={"en": "Price of today’s order", "fr": "Prix de l’ordre actuel"},
        question={
            "en": "How much more does today’s order cost than the WSJF order?",
            "fr": "Combien l’ordre actuel coûte-t-il de plus que l’ordre WSJF ?",
        },
        formula={
            "en": (
                "The cost of an order is each epic’s cost of delay times the sizes up to its own, added up. Today’s "
                "is the tracker’s rank, or the order of commitment; what it costs more than the WSJF order is a share "
                "of the latter."
            ),
            "fr": (
                "Le coût d’un ordre est la somme, epic par epic, du coût du retard multiplié par les tailles cumulées "
                "jusqu’à lui. L’ordre actuel est le rang de l’outil, ou l’ordre d’engagement ; son surcoût est "
                "rapporté au coût de l’ordre WSJF."
            ),
        },
        unit="%",
        better="down",
        precision=0,
        includes={
            "en": "Scored epics in the states before work begins, as of today.",
            "fr": "Les epics évalués dans les états qui précèdent le travail, à ce jour.",
        },
        excludes={
            "en": "Epics without a size or a score, and all that is begun: it keeps its place.",
            "fr": "Les epics sans taille ou sans score, et tout ce qui est commencé : il garde sa place.",
        },
        minimum_sample=2,
        source="fields of the trackers; SAFe, WSJF",
    ),
    Metric(
        id="cost_of_delay",
        version=1,
        name={"en": "Cost of delay", "fr": "Coût du retard"},
        question={"en": "What does being late cost?", "fr": "Que coûte le retard ?"},
        formula={
            "en": (
                "What a week costs, times the weeks from the day an epic is needed to its finish, or to the day that "
                "85% of forecasts reach; never below 0. A fixed date costs all at once when it is missed. The number "
                "is the sum."
            ),
            "fr": (
                "Ce que coûte une semaine, multiplié par les semaines entre le besoin et la fin de l’epic, ou la date "
                "que 85 % des prévisions atteignent ; jamais moins de 0. Une date fixe coûte tout d’un coup quand elle "
                "est manquée. Le nombre est la somme."
            ),
        },
        unit="money",
        better="down",
        precision=0,
        includes={
            "en": "Epics open or done for which the settings or a field say what a week costs.",
            "fr": "Les epics ouverts ou terminés dont les réglages ou un champ disent ce que coûte une semaine.",
        },
        excludes={
            "en": "Epics without a price: they are listed. Those without a day of need or a forecast add nothing.",
            "fr": "Les epics sans prix : ils sont listés. Sans date de besoin ou sans prévision, rien ne s’ajoute.",
        },
        minimum_sample=1,
        source="kanban in the settings, fields of the trackers, forecasts; D. Reinertsen, cost of delay",
    ),
    Metric(
        id="queue_cost",
        version=1,
        name={"en": "Cost of the queue", "fr": "Coût de la file d’attente"},
        question={
            "en": "What has it cost that approved epics wait?",
            "fr": "Qu’a coûté l’attente des epics approuvés ?",
        },
        formula={
            "en": (
                "What a week costs, times the weeks since an epic was approved, of every epic that is approved and "
                "not begun; added up. Approved means an approving status was visited, or a decision names it."
            ),
            "fr": (
                "Ce que coûte une semaine, multiplié par les semaines depuis l’approbation, pour chaque epic approuvé "
                "et pas commencé ; additionné. Approuvé : un statut d’approbation a été atteint, ou une décision le "
                "nomme."
            ),
        },
        unit="money",
        better="down",
        precision=0,
        includes={
            "en": "Approved epics in the states before work begins, as of today.",
            "fr": "Les epics approuvés dans les états qui précèdent le travail, à ce jour.",
        },
        excludes={
            "en": "Epics for which nobody says what a week costs: they are listed.",
            "fr": "Les epics dont personne ne dit ce que coûte une semaine : ils sont listés.",
        },
        minimum_sample=1,
        source="status history, decision log, kanban in the settings",
    ),
)
